package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// How a model sees text: its vocabulary and its chat template, without its weights. For any number of threads.
///
/// It holds no file and no memory outside the heap, so there is nothing to close.
public final class ModelText {

    private final Tokenizer tokenizer;
    private final Optional<ChatPrompts> chats;
    private final String refusal; // of conversations, where there is no template

    /// @param model its file's name, for messages
    /// @param source of its chat template, if it has one
    /// @param clock what a template that asks for the date is told
    ModelText(String model, Optional<String> source, Tokenizer tokenizer, Clock clock) {
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
        return new ModelText(
                file.name(),
                file.metadata().string("tokenizer.chat_template"),
                Tokenizer.of(file),
                Clock.system(ZoneId.systemDefault()));
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /// @throws BackendException if there is no template that can be read
    ChatPrompts chats() {
        return chats.orElseThrow(() -> BackendException.unsupported("messages", refusal));
    }

    /// The tokens of a text.
    ///
    /// @param addSpecial whether to put those before and behind it that the model expects there
    /// @param parseSpecial whether what looks like a control token is one
    public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        int[] tokens = tokenizer.encode(text, parseSpecial);
        int before = addSpecial && tokenizer.addsBos() ? 1 : 0;
        int behind = addSpecial && tokenizer.addsEos() ? 1 : 0;
        if (before + behind == 0) {
            return tokens;
        }
        int[] all = new int[before + tokens.length + behind];
        System.arraycopy(tokens, 0, all, before, tokens.length);
        if (before == 1) {
            all[0] = tokenizer.bos().orElseThrow();
        }
        if (behind == 1) {
            all[all.length - 1] = tokenizer.eos().orElseThrow();
        }
        return all;
    }

    /// The bytes that a token stands for, which often are not whole characters; of a control token its name.
    ///
    /// @throws BackendException if there is no such token
    public byte[] piece(int token) {
        if (token < 0 || token >= tokenizer.size()) {
            throw BackendException.invalidRequest(
                    "tokens",
                    "tokens holds %d, expected 0 to %d, the model's vocabulary".formatted(token, tokenizer.size() - 1));
        }
        return tokenizer.bytesWithSpecial(token);
    }

    /// The text that tokens stand for, control tokens by their names. Bytes that are no UTF-8 become U+FFFD.
    ///
    /// @throws BackendException if there is no such token
    public String detokenize(List<Integer> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        tokens.forEach(token -> bytes.writeBytes(piece(token)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /// The prompt that the chat template makes of a conversation, as text for people to read: control tokens
    /// in user text can't be told from the template's in it.
    ///
    /// @param variables what the template may see, as plain Java values with string keys: `messages`, and
    ///     `tools`, `documents` or what else it knows. The `arguments` of a message's tool calls are JSON text
    ///     or the object that it says. `bos_token` and `eos_token` are the vocabulary's own, and
    ///     `add_generation_prompt` is true unless set
    /// @throws BackendException if there is no template, or it refuses the conversation
    public String render(Map<String, ?> variables) {
        return chats().render(variables);
    }
}
