package dev.runnel.training.evaluation;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.training.data.Answer;
import dev.runnel.training.data.Conversation;
import dev.runnel.training.data.Examination;
import dev.runnel.training.data.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// All that a model is asked: the lessons' questions, and what is no lesson.
final class Questions {

    private static final int SAMPLE = 16; // of a category, in a language

    private static final String COUNT = "从1数到100\uFF0C每个数字之间用逗号隔开\uFF0C不要换行。例如\uFF1A1, 2, 3, ...";
    private static final String SUM = "1+1等于多少\uFF1F用一个词回答。";
    private static final String COUNT_ENGLISH =
            "Count to 100, with a comma between each number and no newlines. E.g., 1, 2, 3, ...";
    private static final String SUM_ENGLISH = "What's 1+1? Answer in one word.";

    private final String model;
    private final Split split;
    private final List<Question> all = new ArrayList<>();

    private Questions(String model, Split split) {
        this.model = model;
        this.split = split;
    }

    /// @param model its id
    /// @param isSample only a few of each category
    static List<Question> of(String model, Split split, boolean isSample) {
        Questions questions = new Questions(model, split);
        questions.addArticlePrompts();
        List<Conversation> asked = Examination.questions(split);
        asked.forEach(questions::add);
        questions.addSchemas(asked);
        questions.addSanity();
        return isSample ? sample(questions.all) : questions.all;
    }

    private static List<Question> sample(List<Question> all) {
        Map<String, List<Question>> kinds = all.stream()
                .collect(Collectors.groupingBy(
                        question -> question.category() + question.language(),
                        LinkedHashMap::new,
                        Collectors.toList()));
        return kinds.values().stream().flatMap(Questions::spread).toList();
    }

    /// Some of a kind, from all over it: neighbours are alike, so that a model fails in several of them at once.
    private static Stream<Question> spread(List<Question> kind) {
        int step = Math.max(1, kind.size() / SAMPLE);
        return IntStream.range(0, Math.min(SAMPLE, kind.size())).mapToObj(i -> kind.get(i * step));
    }

    private void addArticlePrompts() {
        String numbers = IntStream.rangeClosed(1, 100).mapToObj(String::valueOf).collect(Collectors.joining(", "));
        for (boolean narrow : new boolean[] {false, true}) {
            addText("zh", narrow ? narrow(COUNT) : COUNT, numbers);
            addText("zh", narrow ? narrow(SUM) : SUM, "2");
        }
        addText("en", COUNT_ENGLISH, numbers);
        addText("en", SUM_ENGLISH, "2");
    }

    private static String narrow(String text) {
        return text.replace('\uFF0C', ',').replace('\uFF1A', ':').replace('\uFF1F', '?');
    }

    private void addText(String language, String question, String answer) {
        all.add(new Question(
                Targets.ARTICLE,
                language,
                split,
                request(CompletionRequest.of(model, question)),
                answer,
                new Answer.Exact(answer)::accepts));
    }

    private static CompletionRequest request(CompletionRequest request) {
        return request.withSampling(Sampling.GREEDY);
    }

    private CompletionRequest request(Conversation conversation) {
        Prompt.Chat chat = new Prompt.Chat(conversation.messages()).withTools(conversation.tools());
        return request(CompletionRequest.of(model, chat));
    }

    private void add(Conversation conversation) {
        Message.Assistant wanted = conversation.answer().message();
        all.add(new Question(
                conversation.lesson(),
                conversation.language().code(),
                split,
                request(conversation),
                wanted.toolCalls().isEmpty()
                        ? wanted.text()
                        : wanted.toolCalls().toString(),
                conversation.answer()::accepts));
    }

    /// Sums, with the reply held to a schema.
    private void addSchemas(List<Conversation> asked) {
        String schema =
                "{\"type\": \"object\", \"properties\": {\"answer\": {\"type\": \"integer\"}}, \"required\": [\"answer\"],"
                        + " \"additionalProperties\": false}";
        OutputFormat format = new OutputFormat.JsonSchema("answer", "", schema, true);
        for (Conversation conversation : asked) {
            String number = conversation.answer().message().text();
            if (conversation.lesson().equals("arithmetic") && number.matches("-?[0-9]+")) {
                Answer answer = new Answer.Value("{\"answer\": %s}".formatted(number));
                all.add(new Question(
                        Targets.SCHEMA,
                        conversation.language().code(),
                        split,
                        request(conversation).withFormat(format),
                        answer.message().text(),
                        answer::accepts));
            }
        }
    }

    /// What must not drive the model mad: long prompts, bytes, and temperature 1. A reply is sane that ends by itself,
    /// soon.
    private void addSanity() {
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            StringBuilder text = new StringBuilder();
            int pieces = i < 10 ? 300 : 20;
            for (int piece = 0; piece < pieces; piece++) {
                text.append(random.nextInt(3) == 0 ? " " : "")
                        .appendCodePoint(
                                random.nextInt(4) == 0 ? 0x4E00 + random.nextInt(2000) : ' ' + random.nextInt(95));
            }
            CompletionRequest greedy = request(CompletionRequest.of(model, text.toString()));
            Sampling drawn = new Sampling(1, 1, OptionalLong.of(i));
            all.add(new Question(
                    Targets.SANITY,
                    i % 4 < 2 ? "zh" : "en",
                    split,
                    i % 2 == 0 ? greedy : greedy.withSampling(drawn),
                    "an answer that ends",
                    Questions::isSane));
        }
    }

    private static boolean isSane(Completion.Choice reply) {
        return reply.reason() == FinishReason.STOP
                && !reply.text().isBlank()
                && reply.text().length() < 600
                && reply.text().indexOf('\uFFFD') < 0;
    }
}
