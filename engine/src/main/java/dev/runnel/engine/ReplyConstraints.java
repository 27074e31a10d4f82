package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import dev.runnel.engine.constraint.Constraint;
import dev.runnel.engine.constraint.ConstraintCache;
import dev.runnel.engine.constraint.ConstraintException;
import dev.runnel.engine.constraint.ConstraintState;
import dev.runnel.engine.constraint.ConstraintVocabulary;
import dev.runnel.engine.constraint.Grammar;
import dev.runnel.engine.reply.Dialect;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.reply.ReplyGrammar;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.LogitMask;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What requests ask of replies, as masks over a model's logits. For any number of threads.
final class ReplyConstraints {

    /// Compiled constraints and refusals that are kept; a client sends the same schema with every request.
    /// What is learnt about tokens takes up to 16 MB of each. Its automata mostly take little beside that;
    /// those of large schemas take up to 64 MB, and one that a large grammar and long replies fill some 50.
    private static final int REMEMBERED = 16;

    private final Tokenizer tokenizer;
    private @Nullable ConstraintCache constraints;

    ReplyConstraints(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// Makes the masks of a request's choices; empty where replies may be anything.
    ///
    /// A tool that is not strict and whose schema has what can't be enforced takes any object; a strict one's
    /// schema is a promise, as a response format's is.
    ///
    /// @throws BackendException if what is asked can't be enforced
    Optional<Function<ReplyReader, LogitMask>> of(ReplyFormat format, Tools tools, OutputFormat answer) {
        Optional<Grammar> grammar = ReplyGrammar.of(format, tools, answer, tool -> argumentsOf(tool, tools.offered()));
        if (grammar.isEmpty()) {
            return Optional.empty();
        }
        try {
            Constraint constraint = constraints().get(grammar.get());
            return Optional.of(_ -> new StateMask(constraint.start()));
        } catch (ConstraintException fault) {
            throw refusal(fault);
        }
    }

    private static BackendException refusal(ConstraintException fault) {
        return BackendException.unsupported(fieldOf(fault.path()), String.valueOf(fault.getMessage()));
    }

    private static Grammar argumentsOf(Tool tool, List<Tool> offered) {
        Grammar schema =
                Grammar.jsonSchema(tool.parameters(), "tools[%d].function.parameters".formatted(offered.indexOf(tool)));
        return tool.strict() ? schema : Grammar.orElse(schema, Grammar.jsonObject());
    }

    /// The request's field that a path leads into.
    private static String fieldOf(String path) {
        return path.split("[.\\[]", 2)[0];
    }

    /// Made when it is first asked for: most models are never asked to keep to anything.
    private synchronized ConstraintCache constraints() {
        ConstraintCache known = constraints;
        if (known == null) {
            Set<Integer> markers = new HashSet<>();
            for (String marker : Dialect.markers()) {
                markers.add(tokenizer.special(marker));
            }
            // What marks a call or reasoning is not text, so free text doesn't hold it.
            ConstraintVocabulary vocabulary = ConstraintVocabulary.of(
                    tokenizer.size(),
                    token -> markers.contains(token) ? new byte[0] : tokenizer.bytes(token),
                    tokenizer::isEndOfGeneration);
            known = new ConstraintCache(vocabulary, REMEMBERED);
            constraints = known;
        }
        return known;
    }

    /// That a grammar can't be enforced may show only by what the reply says.
    private record StateMask(ConstraintState state) implements LogitMask {

        @Override
        public void mask(float[] logits) {
            if (!enforced(() -> state.mask(logits))) {
                throw new BackendException(
                        BackendException.Kind.INTERNAL,
                        "no token of the model's vocabulary goes on as the reply must; its grammar needs others");
            }
        }

        @Override
        public void accept(int token) {
            if (!enforced(() -> state.accept(token))) {
                throw new IllegalStateException("token %d is not one that the mask allows".formatted(token));
            }
        }

        @Override
        public boolean hasEnded() {
            return enforced(() -> state.isComplete() && allowsNothing());
        }

        private boolean allowsNothing() {
            for (long word : state.allowed()) {
                if (word != 0) {
                    return false;
                }
            }
            return true;
        }

        private static boolean enforced(BooleanSupplier step) {
            try {
                return step.getAsBoolean();
            } catch (ConstraintException fault) {
                throw refusal(fault);
            }
        }
    }
}
