package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.Shell.Channel;
import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Sampling;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.report.Language;
import dev.runnel.testing.RawUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotebookCommandTest {

    private static final String URL = "http://127.0.0.1:1/v1";

    private static final String USAGE = "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":4,\"total_tokens\":5}";
    private static final String WHOLE = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
            + object(
                    "chat.completion",
                    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"1, 2\"},"
                            + "\"finish_reason\":\"stop\"}],"
                            + USAGE);
    private static final String STREAM =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
                    + chunk("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"1, \"},\"finish_reason\":null}]")
                    + chunk("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"2\"},\"finish_reason\":\"stop\"}]")
                    + chunk("\"choices\":[]," + USAGE)
                    + "data: [DONE]\n\n";

    @TempDir
    private Path folder;

    @Test
    void theFourPartsAreToldAndTheTableEndsThem() {
        TestProgram program = inEnglish(ScriptedRooms.saying("1, ", "2, ", "3"));

        assertThat(run(program)).isZero();

        assertThat(program.out())
                .containsSubsequence(
                        "How to stream completions",
                        "demonstration model",
                        "1. A whole reply",
                        "> Count to 100, with a comma between each number",
                        "   1, 2, 3\n",
                        "All of it came after",
                        "2. A streamed reply, chunk by chunk",
                        "> What's 1+1?",
                        "role: assistant\n",
                        "content: \"1, \"\n",
                        "content: \"2, \"\n",
                        "content: \"3\"\n",
                        "finish_reason: stop\n",
                        "3. What streaming saves",
                        "   1, 2, 3\n",
                        "the last of 3 pieces",
                        "the pieces are the whole reply, character for character",
                        "4. What a streamed reply costs",
                        "At a glance",
                        "first words  gap, median  gap, p99",
                        "whole ",
                        "streamed ",
                        "wrote " + report());
        assertThat(program.out()).as("for a pipe").doesNotContain("\033");
        assertThat(program.err()).isEmpty();
    }

    @Test
    void theReportIsAPageWithThePicturesAndTheReplies() throws IOException {
        run(inEnglish(ScriptedRooms.saying("<1>, ", "2")));

        assertThat(Files.readString(report()))
                .contains("lang=\"en\"", "How to stream completions", "&lt;1&gt;, 2", "finish_reason: stop")
                .contains("Waiting, and reading", "When the pieces came", "How even the flow was")
                .contains("completion_tokens")
                .contains("<svg")
                .doesNotContain("http:", "https:", "src=");
    }

    @Test
    void itIsToldInChineseToo() throws IOException {
        TestProgram program = inEnglish(ScriptedRooms.saying("1, ", "2"));

        assertThat(program.run("notebook", "--language", "zh", "--output", report().toString()))
                .isZero();

        assertThat(program.out()).containsSubsequence("如何流式获取补全", "> 从1数到100", "整段", "已写入 " + report());
        assertThat(Files.readString(report())).contains("lang=\"zh\"", "各段何时到达");
    }

    @ParameterizedTest
    @CsvSource({
        "zh_CN.UTF-8, '',       如何流式获取补全",
        "zh,          '',       如何流式获取补全",
        "en_GB.UTF-8, '',       How to stream completions",
        "zh_CN.UTF-8, C.UTF-8,  How to stream completions",
        "de_DE@euro,  zh_TW,    如何流式获取补全"
    })
    void theLanguageIsTheLocalesUnlessItIsGiven(String lang, String all, String title) {
        TestProgram program =
                inEnglish(ScriptedRooms.saying("1")).environment("LANG", lang).environment("LC_ALL", all);

        run(program);

        assertThat(program.out()).startsWith(title);
    }

    @Test
    void bothLanguagesHaveTheSameTexts() {
        assertThat(NotebookCommand.words(Language.CHINESE).keys())
                .isEqualTo(NotebookCommand.words(Language.ENGLISH).keys());
    }

    @Test
    void aServerIsAskedThreeTimesForTheMostProbableReplyAfterTwoToWarmUp() {
        ScriptedRooms rooms = ScriptedRooms.saying("2");

        askServer(inEnglish(rooms));

        assertThat(rooms.requests())
                .hasSize(5)
                .allSatisfy(request -> assertThat(request.sampling()).isEqualTo(Sampling.GREEDY));
        assertThat(rooms.requests().stream()
                        .map(request -> ((Message.User)
                                        ScriptedRooms.messages(request).getFirst())
                                .text()
                                .substring(0, 5)))
                .containsExactly("Count", "What'", "Count", "What'", "Count");
    }

    @Test
    void aServerIsAskedForTheWholeReplyAsAWhole() throws IOException {
        TestProgram program = new TestProgram(new CompositionRoot()).environment("LANG", "en_GB.UTF-8");
        try (RawUpstream server = new RawUpstream(
                (request, to) -> to.raw(isStreamed(request) ? STREAM : WHOLE).hangUp())) {
            String url = server.baseUrl().toString();

            assertThat(program.run("notebook", "--url", url, "--model", "m", "--output", report().toString()))
                    .as(program.err())
                    .isZero();

            assertThat(server.requests().stream().map(NotebookCommandTest::isStreamed))
                    .as("two to warm up, the whole reply, and two that are streamed")
                    .containsExactly(true, false, false, true, true);
        }
        assertThat(program.out()).contains("character for character");
    }

    private static boolean isStreamed(RawUpstream.Request request) {
        return request.body().replace(" ", "").contains("\"stream\":true");
    }

    @Test
    void aModelInThisProcessIsWarmedUpFirst() {
        ScriptedRooms rooms = ScriptedRooms.saying("2");

        run(inEnglish(rooms));

        assertThat(rooms.requests()).hasSizeGreaterThan(3);
    }

    @Test
    void aReplyThatBreaksOffEndsItWithASentenceAndWithoutAReport() {
        BackendException fault = new BackendException(BackendException.Kind.INTERNAL, "the model lost its thread");
        TestProgram program = inEnglish(repliesInTurn(
                Script.saying("m", "1, ", "2"),
                Script.saying("m", "2"),
                Script.saying("m", "1, ", "2").failingAfter(2, fault)));

        assertThat(askServer(program)).isEqualTo(ExitCode.FAILED);

        assertThat(program.out()).endsWith("   1, \n");
        assertThat(program.err()).isEqualTo("runnel: \"3. What streaming saves\" failed: the model lost its thread\n");
        assertThat(report()).doesNotExist();
    }

    @Test
    void aWholeReplyThatFailsIsAFailureToo() {
        BackendException fault = new BackendException(BackendException.Kind.INTERNAL, "the model lost its thread");
        TestProgram program = inEnglish(repliesInTurn(Script.of().failingAfter(0, fault)));

        assertThat(askServer(program)).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).isEqualTo("runnel: \"1. A whole reply\" failed: the model lost its thread\n");
    }

    @Test
    void repliesThatDifferAreSaidToDiffer() {
        TestProgram program = inEnglish(
                repliesInTurn(Script.saying("m", "1, 2"), Script.saying("m", "2"), Script.saying("m", "1, 3")));

        askServer(program);

        assertThat(program.out()).contains("are another text than the whole reply");
    }

    @Test
    void aReplyWithoutTextHasNothingToCompare() throws IOException {
        TestProgram program = inEnglish(ScriptedRooms.saying());

        assertThat(run(program)).isZero();

        assertThat(program.out()).contains("nothing to compare").contains("–");
        assertThat(Files.readString(report())).contains("nothing was measured");
    }

    @Test
    void reasoningIsSeenAsItComes() {
        TestProgram program = inEnglish(ScriptedRooms.playing(Script.of(
                new TokenEvent.Started("m", 1),
                new TokenEvent.Thinking(0, "hm\n"),
                new TokenEvent.Text(0, "2"),
                new TokenEvent.Finished(0, FinishReason.STOP),
                new TokenEvent.Usage(1, 0, 3, 1))));

        run(program);

        assertThat(program.out()).contains("reasoning_content: \"hm\\n\"", "content: \"2\"", "the last of 2 pieces");
    }

    @Test
    void onATerminalRepliesGrowAboveAStripOfTheirTime() {
        TestProgram program =
                inEnglish(ScriptedRooms.saying("eins, ", "\033[2Jzwei")).terminals(Channel.OUT);

        assertThat(run(program)).isZero();

        assertThat(program.out())
                .contains("eins, ", "[2Jzwei")
                .contains("\033[A\r")
                .doesNotContain("\033[2J")
                .contains("At a glance");
    }

    @Test
    void anUnknownLanguageIsAMistake() {
        ScriptedRooms rooms = ScriptedRooms.saying("1");
        TestProgram program = inEnglish(rooms);

        assertThat(program.run("notebook", "--language", "fr")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).startsWith("runnel: --language is fr, expected en or zh; ");
        assertThat(rooms.opened()).isEmpty();
    }

    @Test
    void aReportThatCannotBeWrittenIsSaidBeforeAModelIsLoaded() throws IOException {
        ScriptedRooms rooms = ScriptedRooms.saying("1");
        TestProgram program = inEnglish(rooms);
        Path nowhere = folder.resolve("no/such/report.html");
        Files.createDirectory(report());

        assertThat(program.run("notebook", "--output", nowhere.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(program.run("notebook", "--output", report().toString())).isEqualTo(ExitCode.USAGE);

        assertThat(program.err())
                .contains("there is no folder " + nowhere.getParent())
                .contains(report() + " can't be written")
                .hasLineCount(2);
        assertThat(rooms.opened()).isEmpty();
    }

    private int run(TestProgram program) {
        return program.run("notebook", "--output", report().toString());
    }

    /// Whatever the locale of this process.
    private static TestProgram inEnglish(ScriptedRooms rooms) {
        return new TestProgram(rooms).environment("LANG", "en_GB.UTF-8");
    }

    private int askServer(TestProgram program) {
        return program.run("notebook", "--url", URL, "--output", report().toString());
    }

    private Path report() {
        return folder.resolve("report.html");
    }

    private static String chunk(String members) {
        return "data: " + object("chat.completion.chunk", members) + "\n\n";
    }

    private static String object(String kind, String members) {
        return "{\"id\":\"1\",\"object\":\"%s\",\"created\":1,\"model\":\"m\",%s}".formatted(kind, members);
    }

    /// After those that warm a server up.
    private static ScriptedRooms repliesInTurn(Script... scripts) {
        List<Script> left = new ArrayList<>(List.of(Script.saying("m", "1"), Script.saying("m", "2")));
        left.addAll(List.of(scripts));
        return new ScriptedRooms(_ -> left.removeFirst());
    }
}
