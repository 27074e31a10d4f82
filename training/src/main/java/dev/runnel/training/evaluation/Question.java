package dev.runnel.training.evaluation;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.training.data.Split;
import java.util.function.Predicate;

/// Something to ask a model, and how to judge what it says.
///
/// @param language its code
/// @param wanted what would have been right, for people to read
record Question(
        String category,
        String language,
        Split split,
        CompletionRequest request,
        String wanted,
        Predicate<Completion.Choice> isRight) {}
