package dev.runnel.training.data;

/// A skill: makes conversations that teach it, or ask for it.
public interface Lesson {

    String name();

    /// Makes one conversation in the draw's language, of the draw's split.
    Conversation make(Draw draw);
}
