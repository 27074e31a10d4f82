package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tools;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.List;

/// Makes tokens of prompts as the model's file says.
///
/// A conversation goes through the file's template, which alone may write control tokens; what a message says
/// is text. The reply is then the template's next turn, and the space that a SentencePiece vocabulary puts
/// before its first word is dropped. A text is continued as it stands, so nothing of the reply is dropped.
/// Both begin with the file's beginning-of-sequence token, once, where the model expects it.
final class PromptReader {

    private final ModelText model;
    private final Tokenizer tokenizer;

    PromptReader(ModelText model) {
        this.model = model;
        this.tokenizer = model.tokenizer();
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
        ChatPrompts.Rendered rendered = model.chats().render(chat);
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
