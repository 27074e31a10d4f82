package dev.runnel.core;

/// One turn of a conversation. Text is plain: what looks like a model's special token in it is text.
public sealed interface Message {

    String text();

    /// Instructions by whoever deploys the model.
    @SuppressWarnings("AvoidCommonTypeNames") // the field's own word for it
    record System(String text) implements Message {}

    /// Instructions by the application's developer; a model whose template has no such role reads them as [System].
    record Developer(String text) implements Message {}

    record User(String text) implements Message {}

    /// An earlier reply of the model.
    record Assistant(String text) implements Message {}
}
