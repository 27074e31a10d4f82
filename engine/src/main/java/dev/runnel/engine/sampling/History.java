package dev.runnel.engine.sampling;

import java.util.Arrays;

/// The tokens of a choice: its prompt, and what has been generated.
public final class History {

    private final int[] prompt;
    private int[] generated = {};
    private int count;

    /// @param prompt kept and not copied
    public History(int... prompt) {
        this.prompt = prompt;
    }

    /// A token has been generated.
    public void add(int token) {
        if (count == generated.length) {
            generated = Arrays.copyOf(generated, Math.max(16, 2 * count));
        }
        generated[count++] = token;
    }

    public int[] prompt() {
        return prompt;
    }

    /// The generated tokens, and behind them room for more.
    public int[] generated() {
        return generated;
    }

    /// Tokens generated.
    public int count() {
        return count;
    }

    /// Tokens in all.
    public int length() {
        return prompt.length + count;
    }

    /// The token at an index, the prompt's first.
    public int token(int index) {
        return index < prompt.length ? prompt[index] : generated[index - prompt.length];
    }

    /// The token added last.
    public int newest() {
        return generated[count - 1];
    }

    /// Prompt and generated tokens in one; not to be changed.
    public int[] all() {
        if (count == 0) {
            return prompt;
        }
        int[] all = Arrays.copyOf(prompt, length());
        System.arraycopy(generated, 0, all, prompt.length, count);
        return all;
    }
}
