package dev.runnel.engine.model;

/// What a family has besides, or has not.
enum Quirk implements Trait {
    /// A token's vector is multiplied by the square root of its width.
    EMBEDDING_TIMES_ROOT_OF_WIDTH,
    /// The file's logit scale divides the logits instead of multiplying them.
    LOGITS_DIVIDED_BY_SCALE,
    /// Each head has a score that takes its share of the attention and gives nothing.
    ATTENTION_SINKS,
    /// The largest model of the family divides its scores by the root of `width / heads`, which isn't the
    /// size of its heads.
    LARGEST_HAS_ITS_OWN_ATTENTION_SCALE,
    /// Experts count as the router says, also where the chosen ones' shares don't sum to 1.
    SHARES_AS_ROUTED
}
