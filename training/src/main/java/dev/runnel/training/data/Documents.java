package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.engine.ModelText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Conversations as tokens, by the engine's own template and tokenizer: what is trained is what is served.
public final class Documents {

    /// A conversation as tokens.
    ///
    /// @param weights what each counts as something to predict: nothing outside of the assistant's turns
    @SuppressWarnings("ArrayRecordComponent") // made for one batch, and read once
    public record Document(int[] tokens, float[] weights) {

        /// The same, with some of the other tokens, by chance, as targets that count little: which words belong
        /// together is also learnt from what people ask.
        public Document withQuestions(Random random) {
            float[] all = weights.clone();
            for (int i = 1; i < all.length; i++) {
                if (all[i] == 0 && random.nextFloat() < QUESTIONS) {
                    all[i] = QUESTION_WEIGHT;
                }
            }
            return new Document(tokens, all);
        }

        /// The same, without most of its last answer: where that is a text that the model knows by heart, its beginning
        /// tells whether the question was understood, and the room is better used for other questions.
        public Document cut() {
            int end = tokens.length;
            while (end > 0 && weights[end - 1] == 0) {
                end--;
            }
            int from = end;
            while (from > 0 && weights[from - 1] > 0) {
                from--;
            }
            int kept = Math.min(from + BEGINNING, tokens.length);
            return new Document(Arrays.copyOf(tokens, kept), Arrays.copyOf(weights, kept));
        }
    }

    private static final int FULL_WEIGHT_TOKENS = 8;
    private static final int FIRST = 6; // tokens of an answer, which decide what it is
    private static final int BEGINNING = 10; // tokens of a text by heart, which tell it from the others
    private static final float QUESTIONS = 1 / 3f; // of their tokens: each costs a row of logits
    private static final float QUESTION_WEIGHT = 0.3f;

    /// Of the token that begins what a schema writes: enough for the model to begin so where the schema lets it choose
    /// (space, or none), and too little for it to do so unasked.
    private static final float GIVEN_WEIGHT = 0.1f;

    private final ModelText text;
    private final int start;
    private final int end;
    private final int[] assistant; // how the assistant's turn begins, behind `start`

    public Documents(ModelText text) {
        this.text = text;
        start = special("<|im_start|>");
        end = special("<|im_end|>");
        assistant = tokens("assistant\n");
    }

    private int special(String name) {
        int[] ids = tokens(name);
        if (ids.length != 1) {
            throw new IllegalArgumentException(name + " is %d tokens, expected one".formatted(ids.length));
        }
        return ids[0];
    }

    /// A conversation with its answers.
    public Document document(Conversation conversation) {
        int[] tokens = tokens(text.render(new Prompt.Chat(conversation.whole())
                .withTools(conversation.tools())
                .withTemplateArgument("add_generation_prompt", "false")));
        float[] weights = weights(tokens);
        int given = tokens(conversation.answer().given()).length;
        if (given > 0) {
            int from = prompt(conversation).length;
            Arrays.fill(weights, from, from + given, 0);
            weights[from] = GIVEN_WEIGHT;
        }
        return new Document(tokens, weights);
    }

    /// A conversation up to where the assistant answers.
    public int[] prompt(Conversation conversation) {
        return array(text.read(new Prompt.Chat(conversation.messages()).withTools(conversation.tools())));
    }

    public int endToken() {
        return end;
    }

    /// Control tokens are read as such: no lesson writes one in its text.
    private int[] tokens(String rendered) {
        return array(text.tokenize(rendered, false, true));
    }

    private static int[] array(List<Integer> tokens) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    /// A long answer would drown the short ones: its tokens count less, `√(8 / length)`. But its first ones count in
    /// full, as there it is decided what is answered, and so does its end, for when to stop is hardest to learn.
    private float[] weights(int[] tokens) {
        float[] weights = new float[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] != start || !beginsAssistant(tokens, i + 1)) {
                continue;
            }
            int from = i + 1 + assistant.length;
            int to = from;
            while (to < tokens.length && tokens[to] != end) {
                to++;
            }
            float weight = (float) Math.min(1, Math.sqrt((double) FULL_WEIGHT_TOKENS / (to - from + 1)));
            for (int at = from; at < to; at++) {
                weights[at] = at < from + FIRST ? 1 : weight;
            }
            if (to < tokens.length) {
                weights[to] = 1;
            }
        }
        return weights;
    }

    private boolean beginsAssistant(int[] tokens, int at) {
        for (int i = 0; i < assistant.length; i++) {
            if (at + i >= tokens.length || tokens[at + i] != assistant[i]) {
                return false;
            }
        }
        return true;
    }

    /// The conversations' parts that a tokenizer is made from.
    public static List<String> texts(Conversation conversation) {
        List<String> texts = new ArrayList<>();
        for (Message message : conversation.whole()) {
            texts.add(message.text());
            if (message instanceof Message.Assistant reply) {
                reply.toolCalls()
                        .forEach(call -> texts.add(
                                "{\"name\": \"%s\", \"arguments\": %s}".formatted(call.name(), call.arguments())));
            }
        }
        conversation
                .tools()
                .offered()
                .forEach(tool -> texts.add(
                        "{\"type\": \"function\", \"function\": {\"name\": \"%s\", \"description\": \"%s\", \"parameters\": %s}}"
                                .formatted(tool.name(), tool.description(), tool.parameters())));
        return texts;
    }
}
