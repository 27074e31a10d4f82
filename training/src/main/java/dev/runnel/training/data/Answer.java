package dev.runnel.training.data;

import dev.runnel.core.Completion;
import dev.runnel.core.Message;
import dev.runnel.core.ToolCall;
import java.util.List;
import java.util.Locale;

/// What the assistant should say, and whether something that it said will do.
public sealed interface Answer {

    /// What the model learns to say.
    Message.Assistant message();

    /// Whether a reply is right.
    boolean accepts(Completion.Choice reply);

    /// How the answer begins where the model has no say in it, as under a schema: hardly learnt, only gone on from.
    default String given() {
        return "";
    }

    /// This text and no other; space around it aside.
    record Exact(String text) implements Answer {
        @Override
        public Message.Assistant message() {
            return new Message.Assistant(text);
        }

        @Override
        public boolean accepts(Completion.Choice reply) {
            return reply.toolCalls().isEmpty() && reply.text().strip().equals(text);
        }
    }

    /// Anything that says the same.
    ///
    /// @param required each is one of several words, split by `|`; all have to be there
    record Substance(String text, List<String> required) implements Answer {
        public Substance {
            required = List.copyOf(required);
        }

        @Override
        public Message.Assistant message() {
            return new Message.Assistant(text);
        }

        @Override
        public boolean accepts(Completion.Choice reply) {
            String said = reply.text().toLowerCase(Locale.ROOT);
            return required.stream()
                    .allMatch(words -> Text.split(words, '|').stream()
                            .anyMatch(word -> said.contains(word.toLowerCase(Locale.ROOT))));
        }
    }

    /// A call of a tool.
    ///
    /// @param arguments a JSON object
    record Call(String tool, String arguments) implements Answer {
        @Override
        public Message.Assistant message() {
            return new Message.Assistant("", "", List.of(new ToolCall("call_1", tool, arguments)));
        }

        @Override
        public boolean accepts(Completion.Choice reply) {
            if (reply.toolCalls().size() != 1) {
                return false;
            }
            ToolCall call = reply.toolCalls().getFirst();
            return call.name().equals(tool) && Json.same(call.arguments(), arguments);
        }
    }

    /// A JSON value.
    record Value(String json, String given) implements Answer {
        public Value(String json) {
            this(json, "");
        }

        @Override
        public Message.Assistant message() {
            return new Message.Assistant(json);
        }

        @Override
        public boolean accepts(Completion.Choice reply) {
            return Json.same(reply.text(), json);
        }
    }
}
