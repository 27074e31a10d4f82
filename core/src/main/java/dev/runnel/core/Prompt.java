package dev.runnel.core;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What the model is asked to continue.
public sealed interface Prompt {

    /// A conversation, rendered by the model's own chat template; the reply is the assistant's next turn.
    ///
    /// @param messages at least one
    /// @param effort how much to reason; absent: as the model does by itself
    /// @param templateArguments a JSON object, as text, of further variables for the chat template
    record Chat(List<Message> messages, Tools tools, Optional<ReasoningEffort> effort, String templateArguments)
            implements Prompt {
        public Chat {
            messages = List.copyOf(messages);
            Objects.requireNonNull(tools, "tools");
            Objects.requireNonNull(effort, "effort");
            Objects.requireNonNull(templateArguments, "templateArguments");
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("a conversation has at least one message");
            }
        }

        /// A conversation without tools.
        public Chat(List<Message> messages) {
            this(messages, Tools.NONE, Optional.empty(), "{}");
        }

        /// With one more variable for the chat template.
        ///
        /// @param name of letters and underscores
        /// @param value JSON text
        public Chat withTemplateArgument(String name, String value) {
            String others = templateArguments.strip();
            boolean isFirst = others.substring(1).strip().equals("}");
            String all =
                    others.substring(0, others.length() - 1) + (isFirst ? "" : ",") + "\"" + name + "\":" + value + "}";
            return new Chat(messages, tools, effort, all);
        }

        public Chat withTools(Tools tools) {
            return new Chat(messages, tools, effort, templateArguments);
        }
    }

    /// Text to continue as it stands, without a template.
    record Text(String text) implements Prompt {}

    /// Tokens of the model's own vocabulary to continue as they stand.
    ///
    /// @param ids at least one
    record Tokens(List<Integer> ids) implements Prompt {
        public Tokens {
            ids = List.copyOf(ids);
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("a prompt of tokens has at least one");
            }
        }
    }

    /// A gap to fill: the reply is what stands between the two, for models that were trained to do so.
    record Gap(String prefix, String suffix) implements Prompt {}
}
