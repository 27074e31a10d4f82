package dev.runnel.engine.model;

/// How many experts there are and how a token chooses among them.
///
/// @param experts of each layer; 0 for a model without
/// @param used experts that a token takes
/// @param normalized whether the shares of a token's experts sum to 1, else to what the router gave them
/// @param scale what shares are multiplied by
/// @param feedForward width of an expert
record Routing(int experts, int used, boolean normalized, float scale, int feedForward) {

    static final Routing NONE = new Routing(0, 0, true, 1, 0);
}
