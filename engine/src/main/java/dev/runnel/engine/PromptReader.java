package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.ConversationRefusedException;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.BitSet;
import java.util.LinkedHashMap;
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
    private final Optional<ChatTemplate> template;
    private final String refusal; // of conversations, where there is no template
    private final boolean knowsDevelopers;
    private final Trusted bosToken;
    private final Trusted eosToken;

    /// @param model its file's name, for messages
    /// @param source of its chat template, if it has one
    /// @param clock what a template that asks for the date is told
    PromptReader(String model, Optional<String> source, Tokenizer tokenizer, Clock clock) {
        this.tokenizer = tokenizer;
        Optional<ChatTemplate> compiled = Optional.empty();
        String fault = "the model %s has no chat template".formatted(model);
        if (source.isPresent()) {
            try {
                compiled = Optional.of(ChatTemplate.compile(model, source.get(), clock));
            } catch (TemplateException unreadable) {
                fault = "the model's chat template can't be read (%s)".formatted(unreadable.getMessage());
            }
        }
        template = compiled;
        refusal = fault + "; it continues texts at /v1/completions";
        knowsDevelopers = source.orElse("").contains("developer");
        bosToken = nameOf(tokenizer.bos());
        eosToken = nameOf(tokenizer.eos());
    }

    private Trusted nameOf(OptionalInt token) {
        return new Trusted(
                token.isPresent()
                        ? new String(tokenizer.bytesWithSpecial(token.getAsInt()), StandardCharsets.UTF_8)
                        : "");
    }

    /// @throws BackendException if the model can't read such a prompt
    PreparedPrompt read(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Chat chat -> new PreparedPrompt(readChat(chat.messages()), tokenizer.addsSpace());
            case Prompt.Text(var text) -> new PreparedPrompt(withBos(tokenizer.encode(text, false)), false);
            case Prompt.Tokens _, Prompt.Gap _ ->
                throw BackendException.unsupported("prompt", "this engine reads a conversation or a text");
        };
    }

    private int[] readChat(List<Message> messages) {
        ChatTemplate chat = template.orElseThrow(() -> BackendException.unsupported("messages", refusal));
        Map<String, Object> variables = Map.of(
                "messages",
                messages.stream().map(this::variable).toList(),
                "add_generation_prompt",
                true,
                "bos_token",
                bosToken,
                "eos_token",
                eosToken);
        List<Segment> segments;
        try {
            segments = chat.renderSegments(variables);
        } catch (ConversationRefusedException | TemplateException refused) {
            throw BackendException.invalidRequest("messages", String.valueOf(refused.getMessage()));
        }
        StringBuilder text = new StringBuilder();
        BitSet trusted = new BitSet();
        for (Segment segment : segments) {
            int from = text.length();
            text.append(segment.text());
            switch (segment.origin()) {
                case TEMPLATE -> trusted.set(from, text.length());
                case USER -> {}
            }
        }
        return withBos(tokenizer.encode(text.toString(), trusted));
    }

    private Map<String, Object> variable(Message message) {
        String role = switch (message) {
            case Message.System _ -> "system";
            case Message.Developer _ -> knowsDevelopers ? "developer" : "system";
            case Message.User _ -> "user";
            case Message.Assistant _ -> "assistant";
            case Message.ToolResult _ -> "tool";
        };
        Map<String, Object> variable = new LinkedHashMap<>(); // templates may show a message's keys, in this order
        variable.put("role", new Trusted(role));
        variable.put("content", message.text());
        return variable;
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
