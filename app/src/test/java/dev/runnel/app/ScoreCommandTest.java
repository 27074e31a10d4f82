package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.app.Shell.Channel;
import dev.runnel.core.Prompt;
import dev.runnel.engine.CacheType;
import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.LogitDifference;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.fixtures.Json;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {

    private static final String TEXT = "hello world, the 🦊 is in there";

    private final TestProgram program = new TestProgram(new CompositionRoot());

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void writeModel() {
        model = folder.resolve("tiny.gguf");
        TinyModels.llama(LlamaShape.TINY, TensorType.F32, Vocabulary.SCORED, 1).write(model);
    }

    @Test
    void eachTokenHasTheLogprobThatTheLogitsGiveIt() {
        assertThat(program.run("score", TEXT, "--json", "--model", model.toString()))
                .isZero();

        List<Double> expected = logprobs(TEXT);
        List<Map<?, ?>> lines = objects();
        assertThat(lines).hasSize(expected.size() + 2);
        assertThat(lines.getFirst().get("logprob"))
                .as("of the model's own beginning")
                .isNotInstanceOf(Number.class);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(number(lines.get(i + 1), "logprob")).isCloseTo(expected.get(i), within(1e-5));
        }
        double nll = -expected.stream().mapToDouble(each -> each).average().orElseThrow();
        assertThat(number(lines.getLast(), "scored")).isEqualTo(expected.size());
        assertThat(number(lines.getLast(), "cut_context")).isZero();
        assertThat(number(lines.getLast(), "mean_nll")).isCloseTo(nll, within(1e-5));
        assertThat(number(lines.getLast(), "perplexity")).isCloseTo(Math.exp(nll), within(1e-2));
    }

    @Test
    void peopleGetATable() {
        assertThat(program.run("score", "the 🦊", "--model", model.toString())).isZero();

        assertThat(program.out())
                .startsWith("position    logprob  token\n       1          –  (begin)\n")
                .containsPattern("\n       2 +-\\d+\\.\\d{4}  ' the'")
                .containsPattern("\n       4 +-\\d+\\.\\d{4}  F0")
                .containsPattern("\n\ntokens      7, 6 of them scored\nmean nll    .* nats\nperplexity  .*\n$");
        assertThat(program.err()).isEmpty();
    }

    @Test
    void aTextThatIsTypedWinsOverTheFileOfTheEnvironment() {
        program.environment("RUNNEL_FILE", folder.resolve("none.txt").toString());

        assertThat(program.run("score", TEXT, "--model", model.toString()))
                .as(program.err())
                .isZero();
    }

    @Test
    void aServerTellsTheSame() {
        TestProgram remote = new TestProgram(new CompositionRoot());
        program.run("score", TEXT, "--model", model.toString());

        try (Engine engine =
                        Engine.open(model, EngineOptions.DEFAULT.withCacheType(CacheType.F32), LoadingListener.NONE);
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0))) {
            server.serve(engine);
            assertThat(remote.run("score", TEXT, "--url", "http://127.0.0.1:%d/v1".formatted(server.port())))
                    .as(remote.err())
                    .isZero();
        }

        assertThat(remote.out()).isEqualTo(program.out());
    }

    @Test
    void aTextLongerThanTheContextIsReadInWindows() {
        String text = TEXT.repeat(5);
        TestProgram whole = new TestProgram(new CompositionRoot()).terminals(Channel.ERR);
        whole.run("score", text, "--model", model.toString());
        program.in(text + "\n").terminals(Channel.ERR);

        assertThat(program.run("score", "--context-length=32", "--model", model.toString()))
                .isZero();

        List<String> all = whole.out().lines().toList();
        List<String> windowed = program.out().lines().toList();
        assertThat(windowed.subList(0, 33)).isEqualTo(all.subList(0, 33)); // the heading and the first window
        assertThat(windowed).hasSize(all.size() + 1);
        int tokens = logprobs(text).size() + 1;
        assertThat(program.out())
                .contains(
                        "tokens      %d, %d of them scored\n".formatted(tokens, tokens - 1),
                        "context     32, so that %d of the tokens had less than all of the text before them"
                                .formatted(tokens - 32));
        assertThat(program.err())
                .contains("scored 32 of %d tokens".formatted(tokens))
                .endsWith("\r\033[K");
    }

    @Test
    void aFileIsReadWithoutTheLineEndAtItsEnd() throws IOException {
        Path file = Files.writeString(folder.resolve("text.txt"), TEXT + "\n");
        TestProgram other = new TestProgram(new CompositionRoot());

        assertThat(program.run("score", "--file", file.toString(), "--model", model.toString()))
                .isZero();

        other.run("score", TEXT, "--model", model.toString());
        assertThat(program.out()).isEqualTo(other.out());
    }

    @Test
    void aServerThatDoesNotEchoIsNamed() {
        TestProgram deaf = new TestProgram(ScriptedRooms.saying("I", " see."));

        assertThat(deaf.run("score", TEXT, "--url", "http://127.0.0.1:1/v1")).isEqualTo(ExitCode.FAILED);

        assertThat(deaf.err())
                .isEqualTo("runnel: scripted does not tell a text's own log-probabilities; a server has to know"
                        + " `echo` with `logprobs` at /v1/completions\n");
    }

    @Test
    void aTextOfWhichNothingCanBeScoredIsRefused() {
        Path bare = folder.resolve("bare.gguf");
        TinyModels.llama(1).write(bare);

        assertThat(program.run("score", "x", "--model", bare.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(program.run("score", "", "--model", bare.toString())).isEqualTo(ExitCode.USAGE);

        assertThat(program.err().lines())
                .containsExactly(
                        "runnel: there is nothing to score: the text is one token, and the first follows nothing",
                        "runnel: the text is empty; `runnel score --help` tells what there is");
    }

    @Test
    void aTextThatCanNotBeReadIsRefusedInASentence() throws IOException {
        Path noText = Files.write(folder.resolve("no-text"), new byte[] {'a', (byte) 0xFF});

        assertThat(program.run("score", "--file", "missing.txt")).isEqualTo(ExitCode.FAILED);
        assertThat(program.run("score", "--file", noText.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(program.run("score", "--file=x", TEXT)).isEqualTo(ExitCode.USAGE);
        assertThat(new TestProgram(new CompositionRoot()).terminals(Channel.IN).run("score"))
                .isEqualTo(ExitCode.USAGE);

        assertThat(program.err().lines())
                .containsExactly(
                        "runnel: there is no file missing.txt",
                        "runnel: " + noText + " is no text in UTF-8",
                        "runnel: TEXT and --file exclude each other: one text at a time; `runnel score --help` tells"
                                + " what there is");
    }

    /// Of each token of a text, computed from the model's logits.
    private List<Double> logprobs(String text) {
        List<Double> logprobs = new ArrayList<>();
        try (ModelLogits logits = ModelLogits.open(model);
                ModelLogits.Reading reading = logits.begin()) {
            List<Integer> tokens = logits.text().read(new Prompt.Text(text));
            reading.read(
                    tokens.subList(0, tokens.size() - 1),
                    (index, row) -> logprobs.add(
                            LogitDifference.of(row, row, tokens.get(index + 1)).referenceLogprob()));
        }
        return logprobs;
    }

    private List<Map<?, ?>> objects() {
        List<Map<?, ?>> objects = new ArrayList<>();
        program.out().lines().forEach(line -> objects.add((Map<?, ?>) Json.parse(line)));
        return objects;
    }

    private static double number(Map<?, ?> object, String name) {
        return ((Number) object.get(name)).doubleValue();
    }
}
