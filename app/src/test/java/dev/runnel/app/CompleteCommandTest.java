package dev.runnel.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.ScriptedRooms.Opened;
import dev.runnel.app.Shell.Channel;
import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.EngineOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompleteCommandTest {

    private final BackendException fault =
            new BackendException(BackendException.Kind.INTERNAL, "the model lost its thread");

    private final ScriptedRooms rooms = ScriptedRooms.saying("二", "。", "Ça va");
    private final TestProgram program = new TestProgram(rooms);

    @Test
    void theReplyAndNothingElseGoesToStandardOutput() {
        assertThat(program.run("complete", "1+1=?")).isZero();

        assertThat(program.out()).isEqualTo("二。Ça va\n");
        assertThat(program.err()).isEmpty();
        assertThat(ScriptedRooms.messages(rooms.request())).containsExactly(new Message.User("1+1=?"));
    }

    @Test
    void eachPieceIsWrittenWhenItComes() {
        List<String> writes = new ArrayList<>();
        program.sink(new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError("a piece is written as a whole");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                writes.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
            }
        });

        program.run("complete", "1+1=?");

        assertThat(writes).containsExactly("二", "。", "Ça va", "\n");
    }

    @Test
    void wholePrintsTheSameReplyAtOnce() {
        assertThat(program.run("complete", "--whole", "1+1=?")).isZero();

        assertThat(program.out()).isEqualTo("二。Ça va\n");
    }

    @Test
    void aReplyThatEndsItsLineGetsNoSecondLineEnd() {
        TestProgram lines = new TestProgram(ScriptedRooms.saying("a\n", "b\n"));

        lines.run("complete", "hi");

        assertThat(lines.out()).isEqualTo("a\nb\n");
    }

    @Test
    void withoutAnArgumentThePromptIsStandardInput() {
        program.in("第一行\nsecond line\n").run("complete");

        assertThat(ScriptedRooms.messages(rooms.request())).containsExactly(new Message.User("第一行\nsecond line"));
    }

    @Test
    void standardInputThatIsNoUtf8IsRefusedAndNotGuessedAt() {
        byte[] latin1 = "Grüße".getBytes(ISO_8859_1);

        assertThat(program.in(new ByteArrayInputStream(latin1)).run("complete")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).isEqualTo("runnel: standard input is no text in UTF-8\n");
        assertThat(rooms.requests()).isEmpty();
    }

    @Test
    void withoutAnArgumentAtATerminalTheCommandSaysWhatIsMissing() {
        assertThat(program.terminals(Channel.IN).run("complete")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err())
                .isEqualTo("runnel: there is no prompt; expected it as an argument or on standard input; "
                        + "`runnel complete --help` tells what there is\n");
    }

    @Test
    void anEmptyPromptIsAMistake() {
        assertThat(program.in("\n").run("complete")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("the prompt is empty");
    }

    @Test
    void rawContinuesThePromptAsItStands() {
        program.run("complete", "--raw", "Once upon a time");

        assertThat(rooms.request().prompt()).isEqualTo(new Prompt.Text("Once upon a time"));
    }

    @Test
    void everyOptionOfTheReplyReachesTheModel() {
        program.run(
                "complete",
                "--system",
                "Be brief.",
                "--temperature",
                "0.5",
                "--top-p=0.9",
                "--seed",
                "7",
                "--max-tokens",
                "20",
                "--stop",
                "a,b",
                "--stop",
                "c",
                "hi");

        assertThat(ScriptedRooms.messages(rooms.request()))
                .containsExactly(new Message.System("Be brief."), new Message.User("hi"));
        assertThat(rooms.request().sampling()).isEqualTo(new Sampling(0.5, 0.9, OptionalLong.of(7)));
        assertThat(rooms.request().stopping().maxTokens()).hasValue(20);
        assertThat(rooms.request().stopping().strings()).containsExactly("a,b", "c");
    }

    @Test
    void optionsOfTheEngineReachTheEngine() {
        program.run("complete", "--threads", "3", "--context-length", "256", "--keep-packed", "hi");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Engine(
                        Optional.empty(),
                        EngineOptions.DEFAULT
                                .withThreads(3)
                                .withContextLength(256)
                                .withPackedKept(true)));
    }

    @Test
    void everyOptionCanBeSetInTheEnvironment() {
        program.environment("RUNNEL_MAX_TOKENS", "5")
                .environment("RUNNEL_WHOLE", "1")
                .environment("RUNNEL_SEED", "")
                .environment("RUNNEL_TEMPERATURE", "0.25")
                .run("complete", "--temperature", "0.75", "hi");

        assertThat(rooms.request().stopping().maxTokens()).hasValue(5);
        assertThat(rooms.request().sampling())
                .as("what was not asked for is not said")
                .isEqualTo(new Sampling(OptionalDouble.of(0.75), OptionalDouble.empty(), OptionalLong.empty()));
    }

    @Test
    void whatIsTypedWinsOverWhatExcludesItInTheEnvironment() {
        assertThat(program.environment("RUNNEL_SYSTEM", "Be brief.").run("complete", "--raw", "hi"))
                .as(program.err())
                .isZero();

        assertThat(rooms.request().prompt()).isEqualTo(new Prompt.Text("hi"));
    }

    @Test
    void aWrongValueInTheEnvironmentNamesTheVariable() {
        assertThat(program.environment("RUNNEL_MAX_TOKENS", "many").run("complete", "hi"))
                .isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("'many' is not an int").contains("RUNNEL_MAX_TOKENS");
    }

    @Test
    void aValueOutOfBoundsIsAMistakeThatShowsBeforeAModelIsLoaded() {
        assertThat(program.run("complete", "--temperature", "3", "hi")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).startsWith("runnel: temperature is 3.0, expected 0 to 2; ");
        assertThat(rooms.opened()).isEmpty();
    }

    @Test
    void timingGoesToStandardError() {
        program.run("complete", "--timing", "hi");

        assertThat(program.out()).isEqualTo("二。Ça va\n");
        assertThat(program.err()).matches("first piece .* 4 tokens.*gaps .*\n");
    }

    @Test
    void aStreamThatBreaksOffIsAFailureAfterWhatCame() {
        TestProgram broken = playing(Script.saying("scripted", "Hel", "lo").failingAfter(2, fault));

        assertThat(broken.run("complete", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.out()).isEqualTo("Hel\n");
        assertThat(broken.err()).isEqualTo("runnel: the model lost its thread\n");
    }

    @Test
    void aWholeReplyThatBreaksOffPrintsNothingOfIt() {
        TestProgram broken = playing(Script.saying("scripted", "Hel", "lo").failingAfter(2, fault));

        assertThat(broken.run("complete", "--whole", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.out()).isEmpty();
        assertThat(broken.err()).isEqualTo("runnel: the model lost its thread\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--timing", "--whole"})
    void aReplyWhoseRestIsWithheldIsAFailureAfterWhatCame(String how) {
        TestProgram moderated = ended(FinishReason.CONTENT_FILTER);

        assertThat(moderated.run("complete", how, "--max-tokens", "9", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(moderated.out()).isEqualTo("1, 2\n");
        assertThat(moderated.err()).endsWith("runnel: the rest of the reply was withheld\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--timing", "--whole"})
    void aReplyThatIsCutOffIsAFailureUnlessALimitWasAskedFor(String how) {
        TestProgram cut = ended(FinishReason.LENGTH);
        TestProgram limited = ended(FinishReason.LENGTH);

        assertThat(cut.run("complete", how, "hi")).isEqualTo(ExitCode.FAILED);
        assertThat(limited.run("complete", how, "--max-tokens", "2", "hi")).isZero();

        assertThat(cut.out()).isEqualTo("1, 2\n").isEqualTo(limited.out());
        assertThat(cut.err()).endsWith("runnel: the reply was cut off at the limit of tokens\n");
        assertThat(limited.err()).doesNotContain("runnel: ");
    }

    private static TestProgram ended(FinishReason reason) {
        return playing(Script.of(
                new TokenEvent.Started("scripted", 1),
                new TokenEvent.Text(0, "1, "),
                new TokenEvent.Text(0, "2"),
                new TokenEvent.Finished(0, reason),
                new TokenEvent.Usage(1, 2)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--timing", "--whole"})
    void aReplyOfNothingPrintsNothing(String how) {
        TestProgram silent = playing(Script.saying("scripted"));

        assertThat(silent.run("complete", how, "hi")).isZero();

        assertThat(silent.out()).isEmpty();
    }

    @Test
    void aRefusalIsAFailureInOneSentence() {
        TestProgram refused = playing(Script.of().failingAfter(0, fault));

        assertThat(refused.run("complete", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(refused.out()).isEmpty();
        assertThat(refused.err()).isEqualTo("runnel: the model lost its thread\n");
    }

    @Test
    void debugTellsWhereAFailureCameFrom() {
        TestProgram broken = playing(Script.of().failingAfter(0, fault));

        assertThat(broken.run("complete", "--debug", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.err())
                .startsWith("runnel: the model lost its thread\n")
                .contains("\tat ");
    }

    @Test
    void aTextThatBeginsWithAnAtSignNamesNoFile(@TempDir Path folder) throws IOException {
        String prompt = "@" + Files.writeString(folder.resolve("README.md"), "what the file says");

        assertThat(program.run("complete", "--stop", "@@", prompt)).isZero();

        assertThat(ScriptedRooms.messages(rooms.request())).containsExactly(new Message.User(prompt));
        assertThat(rooms.request().stopping().strings()).containsExactly("@@");
    }

    @Test
    void aClosedPipeEndsTheWorkQuietly() {
        ScriptedRooms endless =
                ScriptedRooms.playing(Script.saying("scripted", "1", "2", "3").hangingAfter(4));
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        TestProgram head = new TestProgram(endless).pipe(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                if (read.size() == 2) {
                    throw new IOException("断开的管道"); // as the system says it in Chinese
                }
                read.write(b);
            }
        });

        assertThat(head.run("complete", "hi")).isEqualTo(ExitCode.OUTPUT_CLOSED);

        assertThat(head.err()).isEmpty();
        assertThat(read.toString(StandardCharsets.UTF_8)).isEqualTo("12");
        assertThat(endless.inProgress()).isZero();
    }

    @Test
    void aDiskThatIsFullIsAFailure() {
        program.sink(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        });

        assertThat(program.run("complete", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).isEqualTo("runnel: standard output can't be written: No space left on device\n");
    }

    @Test
    void aUrlIsAskedInsteadOfAModelHere() {
        program.environment("OPENAI_BASE_URL", "http://other")
                .environment("OPENAI_API_KEY", "other")
                .run("complete", "--url", "http://127.0.0.1:1/v1", "--key", "k", "--model", "m", "hi");

        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.of("k"), Map.of("m", "m")));
        assertThat(rooms.request().model()).isEqualTo("m");
    }

    @Test
    void openaisVariablesNameTheServerToo() {
        program.environment("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
                .environment("OPENAI_API_KEY", "secret")
                .run("complete", "hi");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.of("secret")));
    }

    @Test
    void aModelFileIsLoadedHereWhateverOpenaisVariableSays(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("m.gguf"));

        program.environment("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
                .run("complete", "--model", file.toString(), "hi");

        assertThat(rooms.opened()).containsExactly(new Opened.Engine(Optional.of(file), EngineOptions.DEFAULT));
    }

    @Test
    void aUrlThatIsNoneIsAMistake() {
        assertThat(program.run("complete", "--url", "http://[", "hi")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("http://[").hasLineCount(1);
    }

    @Test
    void aPersonLearnsWhatAnswersAndThatItIsOnlyADemonstration() {
        program.terminals(Channel.OUT, Channel.ERR).environment("NO_COLOR", "1").run("complete", "hi");

        assertThat(program.out()).isEqualTo("二。Ça va\n");
        assertThat(program.err())
                .isEqualTo("scripted: llama, 1.83 M parameters, Q8_0; a small demonstration model; "
                        + "--model FILE.gguf takes one of yours\n");
    }

    @Test
    void aTerminalIsSafeFromWhatAModelSays() {
        String[] pieces = {"a\033[2Jb", "\u009b1m", "\tc\r\n"};
        TestProgram watched = new TestProgram(ScriptedRooms.saying(pieces)).terminals(Channel.OUT);
        TestProgram piped = new TestProgram(ScriptedRooms.saying(pieces));

        watched.run("complete", "hi");
        piped.run("complete", "hi");

        assertThat(watched.out()).isEqualTo("a[2Jb1m\tc\n");
        assertThat(piped.out()).isEqualTo(String.join("", pieces));
    }

    @Test
    void aTerminalIsSafeFromWhatAServerSays() {
        BackendException escaping = new BackendException(BackendException.Kind.INTERNAL, "no\033]0;x\u0007\033[2J");
        TestProgram refused = playing(Script.of().failingAfter(0, escaping));

        refused.run("complete", "hi");

        assertThat(refused.err()).isEqualTo("runnel: no]0;x[2J\n");
    }

    @Test
    void aModelThatRefusesIsHeard() {
        for (String how : List.of("--whole", "--timing")) {
            TestProgram refusing = playing(Script.of(
                    new TokenEvent.Started("scripted", 1),
                    new TokenEvent.Refusal(0, "Not today."),
                    new TokenEvent.Finished(0, FinishReason.STOP),
                    new TokenEvent.Usage(1, 3)));

            assertThat(refusing.run("complete", how, "hi")).isZero();

            assertThat(refusing.out()).isEqualTo("Not today.\n");
        }
    }

    @Test
    void reasoningIsNoPartOfTheReply() {
        TestProgram thinking = playing(Script.of(
                new TokenEvent.Started("scripted", 1),
                new TokenEvent.Thinking(0, "hm"),
                new TokenEvent.Text(0, "2"),
                new TokenEvent.Finished(0, FinishReason.STOP),
                new TokenEvent.Usage(1, 3)));

        assertThat(thinking.run("complete", "hi")).isZero();

        assertThat(thinking.out()).isEqualTo("2\n");
    }

    private static TestProgram playing(Script script) {
        return new TestProgram(ScriptedRooms.playing(script));
    }
}
