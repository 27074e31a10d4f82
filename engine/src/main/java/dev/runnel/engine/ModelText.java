package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenText;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// How a model sees text: its vocabulary and its chat template, without its weights. For any number of threads.
///
/// It holds no file and no memory outside the heap, so there is nothing to close.
public final class ModelText implements TokenCodec {

    /// As many as llama.cpp lets a draft's vocabulary differ by.
    private static final int MOST_NAMED_FILLING = 128;

    private final Tokenizer tokenizer;
    private final Optional<ChatPrompts> chats;
    private final String refusal; // of conversations, where there is no template
    private final PromptReader prompts;

    /// @param model its file's name, for messages
    /// @param source of its chat template, if it has one
    /// @param gapTokens if the model fills gaps
    /// @param clock what a template that asks for the date is told
    ModelText(String model, Optional<String> source, Tokenizer tokenizer, Optional<GapTokens> gapTokens, Clock clock) {
        this.tokenizer = tokenizer;
        Optional<ChatPrompts> compiled = Optional.empty();
        String fault = "the model %s has no chat template".formatted(model);
        if (source.isPresent()) {
            try {
                ChatTemplate template = ChatTemplate.compile(model, source.get(), clock);
                compiled = Optional.of(new ChatPrompts(
                        template,
                        source.get(),
                        Map.of("bos_token", nameOf(tokenizer.bos()), "eos_token", nameOf(tokenizer.eos()))));
            } catch (TemplateException unreadable) {
                fault = "the model's chat template can't be read (%s)".formatted(unreadable.getMessage());
            }
        }
        chats = compiled;
        refusal = fault + "; it continues texts at /v1/completions";
        prompts = new PromptReader(this, gapTokens, new ReplyConstraints(tokenizer));
    }

    private Trusted nameOf(OptionalInt token) {
        return new Trusted(
                token.isPresent()
                        ? new String(tokenizer.bytesWithSpecial(token.getAsInt()), StandardCharsets.UTF_8)
                        : "");
    }

    /// Reads what a model file says of text. A file that holds a vocabulary and nothing else will do.
    ///
    /// @throws ModelFileException if there is no vocabulary in it that can be used
    public static ModelText open(Path file) {
        EngineLoader.refuseFolder(file);
        try (GgufFile opened = GgufFile.open(file)) {
            return of(opened);
        }
    }

    /// That of the small model that comes with this library.
    public static ModelText embedded() {
        try (GgufFile file = EngineLoader.embeddedFile()) {
            return of(file);
        }
    }

    static ModelText of(GgufFile file) {
        Tokenizer tokenizer = Tokenizer.of(file);
        return new ModelText(
                file.name(),
                file.metadata().string("tokenizer.chat_template"),
                tokenizer,
                GapTokens.of(file.metadata(), tokenizer),
                Clock.system(ZoneId.systemDefault()));
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /// @throws BackendException if there is no template that can be read
    ChatPrompts chats() {
        return chats.orElseThrow(() -> BackendException.unsupported("messages", refusal));
    }

    /// Makes tokens of requests' prompts.
    PromptReader prompts() {
        return prompts;
    }

    /// Where another model sees text differently: the first difference of the two vocabularies, or of the
    /// tokens that `text` is to them, as a clause such as `token 7 is 'a' in the one and 'b' in the other`;
    /// empty if there is none. Unused tokens behind all others are none: weights are often filled up to a
    /// round number.
    public Optional<String> differenceTo(ModelText other, String text) {
        return difference(other, text, 0);
    }

    /// Where a model that is to guess for this one sees text differently, as [#differenceTo]. The tokens that
    /// fill up weights may have names here, as some files give them: what only one of both has is never
    /// guessed.
    Optional<String> differenceToDraft(ModelText draft) {
        return difference(draft, "", MOST_NAMED_FILLING);
    }

    /// @param mostNamed tokens that are not unused behind those that both have
    private Optional<String> difference(ModelText other, String text, int mostNamed) {
        int both = Math.min(tokenizer.size(), other.tokenizer.size());
        Tokenizer longer = tokenizer.size() > both ? tokenizer : other.tokenizer;
        long named = IntStream.range(both, longer.size())
                .filter(token -> longer.bytesWithSpecial(token).length > 0)
                .count();
        if (named > mostNamed) {
            return Optional.of("the one has %d tokens and the other %d, more than filling"
                    .formatted(tokenizer.size(), other.tokenizer.size()));
        }
        for (int token = 0; token < both; token++) {
            if (!Arrays.equals(tokenizer.bytesWithSpecial(token), other.tokenizer.bytesWithSpecial(token))
                    || !Arrays.equals(tokenizer.bytes(token), other.tokenizer.bytes(token))) {
                return Optional.of("token %d is '%s' in the one and '%s' in the other"
                        .formatted(
                                token, token(token).text(), other.token(token).text()));
            }
        }
        List<Integer> mine = read(new Prompt.Text(text));
        List<Integer> theirs = other.read(new Prompt.Text(text));
        return mine.equals(theirs)
                ? Optional.empty()
                : Optional.of("the text is %d tokens to the one and %d to the other, and not the same"
                        .formatted(mine.size(), theirs.size()));
    }

    @Override
    public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        List<Integer> tokens = new ArrayList<>();
        if (addSpecial && tokenizer.addsBos()) {
            tokens.add(tokenizer.bos().orElseThrow());
        }
        for (int token : tokenizer.encode(text, parseSpecial)) {
            tokens.add(token);
        }
        if (addSpecial && tokenizer.addsEos()) {
            tokens.add(tokenizer.eos().orElseThrow());
        }
        return tokens;
    }

    @Override
    public String detokenize(List<Integer> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        tokens.forEach(token -> bytes.writeBytes(bytes(token)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public TokenText token(int id) {
        return TokenText.of(bytes(id));
    }

    private byte[] bytes(int token) {
        if (token < 0 || token >= tokenizer.size()) {
            throw BackendException.invalidRequest(
                    "tokens",
                    "tokens holds %d, expected 0 to %d, the model's vocabulary".formatted(token, tokenizer.size() - 1));
        }
        return tokenizer.bytesWithSpecial(token);
    }

    @Override
    public String render(Prompt.Chat conversation) {
        return chats().render(conversation).segments().stream()
                .map(Segment::text)
                .collect(Collectors.joining());
    }

    @Override
    public List<Integer> read(Prompt prompt) {
        int[] tokens = prompts.read(CompletionRequest.of("", prompt)).tokens();
        return Arrays.stream(tokens).boxed().toList();
    }
}
