package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Script;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The conversation through a pipe; [ChatTerminalTest] has the one with a person.
class ChatCommandTest {

    private final ScriptedRooms rooms = ScriptedRooms.saying("Hel", "lo.");
    private final TestProgram program = new TestProgram(rooms);

    @Test
    void eachLineGetsAReplyAndNothingElseIsPrinted() {
        assertThat(program.in("one\n\ntwo\n").run("chat")).isZero();

        assertThat(program.out()).isEqualTo("Hello.\nHello.\n");
        assertThat(program.err()).isEmpty();
    }

    @Test
    void theModelIsToldWhatWasSaidBefore() {
        program.in("我叫小明。\nWhat is my name?\n").run("chat", "--system", "Be brief.");

        assertThat(ScriptedRooms.messages(rooms.requests().get(1)))
                .containsExactly(
                        new Message.System("Be brief."),
                        new Message.User("我叫小明。"),
                        new Message.Assistant("Hello."),
                        new Message.User("What is my name?"));
    }

    @Test
    void clearForgetsWhatWasSaidButNotTheInstructions() {
        program.in("one\n/clear\ntwo\n").run("chat", "--system", "Be brief.");

        assertThat(ScriptedRooms.messages(rooms.requests().get(1)))
                .containsExactly(new Message.System("Be brief."), new Message.User("two"));
    }

    @Test
    void systemChangesTheInstructions() {
        program.in("/system Rhyme.\none\n").run("chat");

        assertThat(ScriptedRooms.messages(rooms.request()))
                .containsExactly(new Message.System("Rhyme."), new Message.User("one"));
    }

    @Test
    void exitEndsTheConversation() {
        assertThat(program.in("/exit\none\n").run("chat")).isZero();

        assertThat(rooms.requests()).isEmpty();
    }

    @Test
    void aCommandThatIsNoneEndsAPipeWithAFailure() {
        assertThat(program.in("/hlep\none\n").run("chat")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).isEqualTo("runnel: there is no command /hlep; /help lists them\n");
        assertThat(rooms.requests()).isEmpty();
    }

    @Test
    void aReplyThatBreaksOffEndsAPipeWithAFailure() {
        var fault = new BackendException(BackendException.Kind.INTERNAL, "the model lost its thread");
        TestProgram broken = new TestProgram(
                ScriptedRooms.playing(Script.saying("scripted", "Hel", "lo.").failingAfter(2, fault)));

        assertThat(broken.in("one\ntwo\n").run("chat")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.out()).isEqualTo("Hel\n");
        assertThat(broken.err()).isEqualTo("runnel: the model lost its thread\n");
    }

    @Test
    void optionsReachTheModelWithEachTurn() {
        program.in("one\ntwo\n").run("chat", "--max-tokens", "9", "--temperature", "0");

        assertThat(rooms.requests()).hasSize(2).allSatisfy(request -> {
            assertThat(request.stopping().maxTokens()).hasValue(9);
            assertThat(request.sampling().temperature()).hasValue(0);
        });
    }

    @Test
    void aUrlIsAskedInsteadOfAModelHere() {
        program.in("one\n").run("chat", "--url", "http://127.0.0.1:1/v1", "--key", "k", "--model", "m");

        assertThat(rooms.opened())
                .containsExactly(new ScriptedRooms.Opened.Relay(
                        URI.create("http://127.0.0.1:1/v1"), Optional.of("k"), Map.of("m", "m")));
        assertThat(rooms.request().model()).isEqualTo("m");
    }
}
