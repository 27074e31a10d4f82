package dev.runnel.training.data;

import dev.runnel.core.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// All lessons, and how often each comes.
public final class Curriculum {

    private static final Map<Lesson, Integer> SHARES = new LinkedHashMap<>();

    static {
        SHARES.put(new Counting(), 17);
        SHARES.put(new Arithmetic(), 22);
        SHARES.put(new Sequences(), 8);
        SHARES.put(new Repeating(), 10);
        SHARES.put(new Topics("knowledge"), 10);
        SHARES.put(new Topics("itself"), 9);
        SHARES.put(new Topics("smalltalk"), 10);
        SHARES.put(new Beyond(), 12);
        SHARES.put(new FollowUps(), 9);
        SHARES.put(new SystemPrompts(), 9);
        SHARES.put(new ToolCalls(), 11);
        SHARES.put(new JsonAnswers(), 8);
    }

    /// How many documents are drills, early, then, and from [#LATE] on, where people's phrases get what they leave.
    private static final double EARLY_DRILLS = 0.35;
    private static final double DRILLS = 0.2;
    private static final double LATE_DRILLS = 0.1;

    /// From here on the run sharpens what it knows: fewer drills, and nothing but answers counts.
    public static final double LATE = 0.7;

    /// English needs more: what is said there in many words, Chinese says in a few characters.
    private static final double ENGLISH = 0.58;

    private static final int WHOLE =
            SHARES.values().stream().mapToInt(Integer::intValue).sum();

    private final Set<String> forbidden;

    /// @param forbidden keys of conversations that are asked in an evaluation
    public Curriculum(Set<String> forbidden) {
        this.forbidden = Set.copyOf(forbidden);
    }

    public static List<Lesson> lessons() {
        return List.copyOf(SHARES.keySet());
    }

    /// The next conversation to learn from; often several questions one after another, so that a question is understood
    /// wherever it stands.
    public Conversation next(Random random, double progress) {
        Draw draw = draw(random, progress);
        double drills = progress > LATE ? LATE_DRILLS : DRILLS + (EARLY_DRILLS - DRILLS) * draw.early();
        if (draw.chance(drills)) {
            return Drill.any(draw);
        }
        Conversation conversation = one(random, progress);
        if (!SystemPrompts.has(conversation) && random.nextInt(5) == 0) {
            conversation = conversation.under(SystemPrompts.plain(draw(random, progress)));
        }
        if (!conversation.tools().offered().isEmpty() || random.nextDouble() < 0.6) {
            return conversation;
        }
        List<Message> messages = new ArrayList<>(conversation.messages());
        Conversation last = conversation;
        boolean mayGoOn = !conversation.lesson().equals("system prompts")
                && !conversation.lesson().equals("json");
        for (int more = 1 + random.nextInt(4); more > 0 && mayGoOn; more--) {
            Conversation another = one(random, progress);
            boolean standsAlone = SystemPrompts.has(another)
                    || !another.tools().offered().isEmpty()
                    || !another.answer().given().isEmpty();
            if (standsAlone) {
                continue;
            }
            messages.add(last.answer().message());
            messages.addAll(another.messages());
            last = another;
        }
        return new Conversation(last.lesson(), last.language(), messages, conversation.tools(), last.answer());
    }

    private Conversation one(Random random, double progress) {
        while (true) {
            Conversation conversation = lesson(random).make(draw(random, progress));
            if (!forbidden.contains(conversation.key())) {
                return conversation;
            }
        }
    }

    private static Draw draw(Random random, double progress) {
        Language language = random.nextDouble() < ENGLISH ? Language.ENGLISH : Language.CHINESE;
        return new Draw(random, Split.TRAINING, language, progress);
    }

    private static Lesson lesson(Random random) {
        int at = random.nextInt(WHOLE);
        for (Map.Entry<Lesson, Integer> share : SHARES.entrySet()) {
            at -= share.getValue();
            if (at < 0) {
                return share.getKey();
            }
        }
        throw new AssertionError("shares add up to " + WHOLE);
    }
}
