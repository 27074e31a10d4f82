package dev.runnel.training.model;

import java.util.ArrayList;
import java.util.List;

/// Conversations one behind another, none of which sees another.
public final class Batch {

    /// No token is asked for after this one.
    public static final int NO_TARGET = -1;

    /// Where a conversation lies.
    ///
    /// @param offset its first token's place in the batch
    record Span(int offset, int length) {}

    private final int capacity;
    private int size;
    final int[] ids; // the tokens that are read
    final int[] targets; // the token that follows each, or NO_TARGET
    final float[] weights; // what each target counts in the loss
    final int[] positions; // of each token in its conversation
    final List<Span> spans = new ArrayList<>();

    /// @param capacity most tokens
    public Batch(int capacity) {
        this.capacity = capacity;
        ids = new int[capacity];
        targets = new int[capacity];
        weights = new float[capacity];
        positions = new int[capacity];
    }

    /// Adds a conversation, if there is room for it.
    ///
    /// @param tokens of which all but the last are read, and all but the first may be asked for
    /// @param tokenWeights what each of `tokens` counts as a target; 0: it is not one
    /// @return whether it was added
    public boolean add(int[] tokens, float[] tokenWeights) {
        int length = tokens.length - 1;
        if (size + length > capacity) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            ids[size + i] = tokens[i];
            targets[size + i] = tokenWeights[i + 1] > 0 ? tokens[i + 1] : NO_TARGET;
            weights[size + i] = tokenWeights[i + 1];
            positions[size + i] = i;
        }
        spans.add(new Span(size, length));
        size += length;
        return true;
    }

    /// Tokens that are read.
    public int size() {
        return size;
    }

    public int capacity() {
        return capacity;
    }

    public void clear() {
        size = 0;
        spans.clear();
    }
}
