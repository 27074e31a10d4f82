package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InspectCommandTest {

    private final TestProgram program = new TestProgram(ScriptedRooms.saying());

    @Test
    void itTellsWhatTheFileHolds() {
        assertThat(program.run("inspect", "tiny.gguf")).isZero();

        assertThat(program.out()).isEqualTo("""
                        file          tiny.gguf, 1.91 MiB
                        architecture  llama
                        parameters    1.83 M, mostly Q8_0
                        context       512 tokens
                        tokenizer     gpt2

                        Metadata: 3
                          general.architecture     llama
                          tokenizer.chat_template  {%% for m in messages %%}\\n%s… (224 characters)
                          tokenizer.ggml.tokens    1536 × STRING

                        Tensors: 2, 205 KiB
                          token_embd.weight   Q8_0  128 × 1536  204 KiB
                          output_norm.weight  F32   128         512 B
                        """.formatted("x".repeat(76)));
    }

    @Test
    void charactersAreCountedAsPeopleCountThem() {
        assertThat(InspectCommand.line("🌍".repeat(60))).isEqualTo("🌍".repeat(60));
        assertThat(InspectCommand.line("🌍".repeat(160))).isEqualTo("🌍".repeat(100) + "… (160 characters)");
    }

    @Test
    void withoutAFileItSaysWhatIsMissing() {
        assertThat(program.run("inspect")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("FILE").hasLineCount(1);
    }
}
