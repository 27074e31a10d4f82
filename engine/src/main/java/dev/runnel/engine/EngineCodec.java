package dev.runnel.engine;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenText;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.template.Segment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/// A model file's vocabulary and template, as requests see them.
///
/// @param prompts makes tokens of a request's prompt, as completions do
record EngineCodec(ModelText text, Function<CompletionRequest, PreparedPrompt> prompts) implements TokenCodec {

    /// That of a file whose weights are not loaded.
    ///
    /// @throws ModelFileException if there is no vocabulary in it that can be used
    static EngineCodec open(Path file) {
        try (GgufFile opened = GgufFile.open(file)) {
            ModelText text = ModelText.of(opened);
            return new EngineCodec(text, PromptReader.of(opened, text)::read);
        }
    }

    @Override
    public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        return Arrays.stream(this.text.tokenize(text, addSpecial, parseSpecial))
                .boxed()
                .toList();
    }

    @Override
    public String detokenize(List<Integer> tokens) {
        return text.detokenize(tokens);
    }

    @Override
    public TokenText token(int id) {
        return TokenText.of(text.piece(id));
    }

    @Override
    public String render(Prompt.Chat conversation) {
        return text.chats().render(conversation).segments().stream()
                .map(Segment::text)
                .collect(Collectors.joining());
    }

    @Override
    public List<Integer> read(Prompt prompt) {
        int[] tokens = prompts.apply(CompletionRequest.of("", prompt)).tokens();
        return Arrays.stream(tokens).boxed().toList();
    }
}
