package dev.runnel.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The way back against the way forward: a small step along a direction changes the loss by what the gradient says.
class GradientTest {

    private static final Shape SHAPE = new Shape(96, 64, 2, 2, 96, 128, 10_000);

    private final Parameters parameters = Parameters.random(SHAPE, 3);
    private final Batch batch = batch();

    /// Three conversations; the longest is longer than a block of attention, and of no round length.
    private static Batch batch() {
        Random random = new Random(42);
        Batch batch = new Batch(160);
        for (int length : new int[] {9, 102, 34}) {
            int[] tokens = random.ints(length, 0, SHAPE.vocabulary()).toArray();
            float[] weights = new float[length];
            for (int i = 1; i < length; i++) {
                weights[i] = i % 3 == 0 ? 0 : 0.25f * (1 + i % 4);
            }
            assertThat(batch.add(tokens, weights)).isTrue();
        }
        return batch;
    }

    private double loss() {
        return new Network(SHAPE, new Weights(parameters), 160).train(batch);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "token_embd",
                "blk.0.attn_norm",
                "blk.0.attn_q",
                "blk.0.attn_k",
                "blk.0.attn_v",
                "blk.0.attn_q_norm",
                "blk.0.attn_k_norm",
                "blk.0.attn_output",
                "blk.0.ffn_norm",
                "blk.0.ffn_gate",
                "blk.0.ffn_up",
                "blk.0.ffn_down",
                "blk.1.attn_q",
                "blk.1.attn_k_norm",
                "blk.1.attn_output",
                "blk.1.ffn_norm",
                "blk.1.ffn_up",
                "blk.1.ffn_down",
                "output_norm"
            })
    void theGradientIsTheSlopeOfTheLoss(String name) {
        Network network = new Network(SHAPE, new Weights(parameters), 160);
        network.train(batch);
        int index = indexOf(name);
        float[] gradient = network.gradient().tensors().get(index).values();
        float[] values = parameters.tensors().get(index).values();
        float[] direction = direction(gradient);
        double slope = 0;
        for (int i = 0; i < values.length; i++) {
            slope += (double) gradient[i] * direction[i];
        }
        // A step that changes the loss a little: a gain has to go far for that, where the loss is no straight line.
        double step = 0.0003 * loss() / slope;

        double ahead = lossAt(values, direction, step);
        double behind = lossAt(values, direction, -step);

        assertThat((ahead - behind) / (2 * step) / slope).isCloseTo(1, within(0.01));
    }

    private int indexOf(String name) {
        for (int i = 0; i < parameters.tensors().size(); i++) {
            if (parameters.tensors().get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /// Uphill everywhere, by amounts of its own.
    private static float[] direction(float[] gradient) {
        Random random = new Random(7);
        float[] direction = new float[gradient.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = Math.signum(gradient[i]) * random.nextFloat();
        }
        return direction;
    }

    private double lossAt(float[] values, float[] direction, double step) {
        float[] saved = values.clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (step * direction[i]);
        }
        double loss = loss();
        System.arraycopy(saved, 0, values, 0, values.length);
        return loss;
    }
}
