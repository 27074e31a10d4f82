package dev.runnel.training.data;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/// The questions that a model is judged by: the same ones always, and none that it was trained on.
public final class Examination {

    /// What is asked while a model is being improved.
    public static final List<Split> USUAL = List.of(Split.NEW_COMBINATIONS, Split.HELD_OUT);

    private static final long SEED = 20_261_126;
    private static final int EACH = 60; // of a lesson, in a language
    private static final int TRIES = 200; // for one that is not there yet

    private Examination() {}

    /// The questions of a split, language by language and lesson by lesson.
    public static List<Conversation> questions(Split split) {
        List<Conversation> questions = new ArrayList<>();
        for (Lesson lesson : Curriculum.lessons()) {
            for (Language language : Language.values()) {
                Random random = new Random(SEED
                        + "%s %s %s".formatted(lesson.name(), split, language).hashCode());
                Set<String> keys = new HashSet<>();
                for (int tries = 0; keys.size() < EACH && tries < EACH * TRIES; tries++) {
                    Draw draw = new Draw(random, split, language, 1);
                    Conversation question = lesson.make(draw);
                    if (draw.isNew() && keys.add(question.key())) {
                        questions.add(question);
                    }
                }
            }
        }
        return questions;
    }

    /// The keys of all questions that may be asked.
    public static Set<String> keys() {
        Set<String> keys = new HashSet<>();
        for (Split split : EnumSet.complementOf(EnumSet.of(Split.TRAINING))) {
            keys.addAll(questions(split).stream().map(Conversation::key).collect(Collectors.toSet()));
        }
        return keys;
    }
}
