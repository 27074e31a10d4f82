package dev.runnel.engine.model;

/// What a family has besides, or has not.
enum Quirk implements Trait {
    /// A token's vector is multiplied by the square root of its width.
    EMBEDDING_TIMES_ROOT_OF_WIDTH,
    /// The file's logit scale divides the logits instead of multiplying them.
    LOGITS_DIVIDED_BY_SCALE,
    /// Each head has a score that takes its share of the attention and gives nothing.
    ATTENTION_SINKS,
    /// Experts count as the router says, also where the chosen ones' shares don't sum to 1.
    SHARES_AS_ROUTED,
    /// Where the file doesn't give the width of an expert, all that a token takes are as wide together as the
    /// feed-forward layer that it gives.
    EXPERTS_SHARE_FEED_FORWARD
}
