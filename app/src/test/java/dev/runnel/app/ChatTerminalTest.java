package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The conversation with a person, who types into a terminal that is not there.
class ChatTerminalTest {

    private static final String CTRL_C = "\003";
    private static final String CTRL_D = "\004";

    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private Terminal terminal;

    @BeforeEach
    void plugIn() throws IOException {
        terminal = new ExternalTerminal("test", "ansi", new PipedInputStream(keyboard), screen, StandardCharsets.UTF_8);
    }

    @AfterEach
    void unplug() throws IOException {
        keyboard.close();
        terminal.close();
    }

    @Test
    void repliesAreShownWithTheirTimingAndCtrlDLeaves() throws Exception {
        ScriptedRooms rooms = ScriptedRooms.saying("你好", "。");
        var chat = start(rooms);

        type("hi \"there\"!! don't\\ \n");
        awaitScreen("你好。\n");
        awaitScreen("first piece");
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
        assertThat(screen())
                .contains("scripted: llama")
                .contains("demonstration model")
                .contains("/help");
        assertThat(ScriptedRooms.messages(rooms.request())).containsExactly(new Message.User("hi \"there\"!! don't\\"));
    }

    @Test
    void ctrlCStopsTheReplyAndTheConversationGoesOn() throws Exception {
        ScriptedRooms rooms = ScriptedRooms.playing(
                Script.saying("scripted", "one", " two", " three").hangingAfter(3));
        var chat = start(rooms);

        type("count\n");
        awaitScreen("one two");
        type(CTRL_C);
        awaitScreen("stopped");
        Await.until("the work to stop", () -> rooms.inProgress() == 0);
        type("go on\n");
        awaitScreen("one two", screen().indexOf("stopped"));
        type(CTRL_C);
        type("/exit\n");

        assertThat(chat.exitCode()).isZero();
        assertThat(ScriptedRooms.messages(rooms.requests().get(1)))
                .as("what was said before it was stopped stays said")
                .containsExactly(
                        new Message.User("count"), new Message.Assistant("one two"), new Message.User("go on"));
    }

    @Test
    void ctrlCAtThePromptDiscardsTheLine() throws Exception {
        ScriptedRooms rooms = ScriptedRooms.saying("yes");
        var chat = start(rooms);

        awaitScreen("> ");
        type("never mind");
        awaitScreen("never mind");
        int interrupted = screen().length();
        type(CTRL_C);
        awaitScreen("> ", interrupted);
        type("hi\n");
        awaitScreen("first piece");
        awaitScreen("> ", screen().indexOf("first piece"));
        int said = screen().length();
        type(CTRL_C);
        awaitScreen("Ctrl-D leaves", said);
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
        assertThat(ScriptedRooms.messages(rooms.request())).containsExactly(new Message.User("hi"));
    }

    @Test
    void whatIsPastedMayHaveManyLines() throws Exception {
        ScriptedRooms rooms = ScriptedRooms.saying("yes");
        var chat = start(rooms);

        type("\033[200~first line\nsecond line\033[201~\n");
        awaitScreen("yes");
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
        assertThat(ScriptedRooms.messages(rooms.request()))
                .containsExactly(new Message.User("first line\nsecond line"));
    }

    @Test
    void aFailureIsToldAndTheConversationGoesOnWithoutThatTurn() throws Exception {
        var fault = new BackendException(BackendException.Kind.INTERNAL, "the model lost its thread");
        ScriptedRooms rooms = new ScriptedRooms(
                request -> ScriptedRooms.messages(request).getLast().text().equals("bad")
                        ? Script.saying("scripted", "ups", "!").failingAfter(2, fault)
                        : Script.saying("scripted", "fine"));
        var chat = start(rooms);

        type("bad\n");
        awaitScreen("the model lost its thread");
        type("good\n");
        awaitScreen("fine");
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
        assertThat(ScriptedRooms.messages(rooms.requests().get(1))).containsExactly(new Message.User("good"));
    }

    @Test
    void commandsAreAnswered() throws Exception {
        var chat = start(ScriptedRooms.saying("yes"));

        type("/help\n");
        awaitScreen("forget what was said");
        type("/system Be brief.\n");
        awaitScreen("instructions: Be brief.");
        type("/clear\n");
        awaitScreen("forgotten");
        type("/hlep\n");
        awaitScreen("there is no command /hlep");
        type("/exit\n");

        assertThat(chat.exitCode()).isZero();
    }

    @Test
    void reasoningIsDimAndALimitIsTold() throws Exception {
        var chat = start(ScriptedRooms.playing(Script.of(
                new TokenEvent.Started("scripted", 1),
                new TokenEvent.Thinking(0, "hm"),
                new TokenEvent.Text(0, "because"),
                new TokenEvent.Finished(0, FinishReason.LENGTH),
                new TokenEvent.Usage(1, 3))));

        type("why?\n");
        awaitScreen("\033[2mhm\033[22m\nbecause\n");
        awaitScreen("cut off at the limit of tokens");
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
    }

    @Test
    void aReplyWhoseRestIsWithheldIsToldOf() throws Exception {
        var chat = start(ScriptedRooms.playing(Script.of(
                new TokenEvent.Started("scripted", 1),
                new TokenEvent.Text(0, "It is"),
                new TokenEvent.Finished(0, FinishReason.CONTENT_FILTER),
                new TokenEvent.Usage(1, 3))));

        type("what?\n");
        awaitScreen("the rest was withheld");
        type(CTRL_D);

        assertThat(chat.exitCode()).isZero();
    }

    private TestProgram.Running start(ScriptedRooms rooms) {
        return new TestProgram(rooms).terminal(() -> terminal).start("chat");
    }

    private void type(String keys) throws IOException {
        keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    private String screen() {
        return screen.toString(StandardCharsets.UTF_8).replace("\r", "");
    }

    private void awaitScreen(String text) {
        awaitScreen(text, 0);
    }

    /// @param from only what came after this many characters counts
    private void awaitScreen(String text, int from) {
        Await.until("'" + text + "' on the screen", () -> screen().indexOf(text, from) >= 0);
    }
}
