package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tools;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Makes tokens of prompts as the model's file says.
///
/// A conversation goes through the file's template, which alone may write control tokens; what a message says
/// is text. The reply is then the template's next turn, and the space that a SentencePiece vocabulary puts
/// before its first word is dropped. A text is continued as it stands, so nothing of the reply is dropped.
/// Both begin with the file's beginning-of-sequence token, once, where the model expects it.
final class PromptReader {

    private final Tokenizer tokenizer;
    private final Optional<ChatPrompts> chats;
    private final String refusal; // of conversations, where there is no template

    /// @param model its file's name, for messages
    /// @param source of its chat template, if it has one
    /// @param clock what a template that asks for the date is told
    PromptReader(String model, Optional<String> source, Tokenizer tokenizer, Clock clock) {
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

    /// @throws BackendException if the model can't read such a prompt
    PreparedPrompt read(CompletionRequest request) {
        List<String> stops = request.stopping().strings();
        return switch (request.prompt()) {
            case Prompt.Chat chat -> readChat(chat, stops);
            case Prompt.Text(var text) ->
                new PreparedPrompt(withBos(tokenizer.encode(text, false)), ReplyFormat.text(stops, false));
            case Prompt.Tokens _, Prompt.Gap _ ->
                throw BackendException.unsupported("prompt", "this engine reads a conversation or a text");
        };
    }

    private PreparedPrompt readChat(Prompt.Chat chat, List<String> stops) {
        ChatPrompts.Rendered rendered = chats.orElseThrow(() -> BackendException.unsupported("messages", refusal))
                .render(chat);
        StringBuilder text = new StringBuilder();
        BitSet trusted = new BitSet();
        for (Segment segment : rendered.segments()) {
            int from = text.length();
            text.append(segment.text());
            switch (segment.origin()) {
                case TEMPLATE -> trusted.set(from, text.length());
                case USER -> {}
            }
        }
        ReplyFormat format = new ReplyFormat(
                rendered.dialect(),
                tokenizer::special,
                rendered.startsReasoning(),
                chat.tools().use() != Tools.Use.NONE,
                stops,
                tokenizer.addsSpace());
        return new PreparedPrompt(withBos(tokenizer.encode(text.toString(), trusted)), format);
    }

    /// Puts the beginning-of-sequence token first where the model expects one and the template has not
    /// written it.
    private int[] withBos(int[] tokens) {
        if (!tokenizer.addsBos()) {
            return tokens;
        }
        int bos = tokenizer.bos().orElseThrow();
        if (tokens.length > 0 && tokens[0] == bos) {
            return tokens;
        }
        int[] all = new int[tokens.length + 1];
        all[0] = bos;
        System.arraycopy(tokens, 0, all, 1, tokens.length);
        return all;
    }
}
