package dev.runnel.training.optimiser;

/// A step of the same size for every weight, whatever the size of its gradient (Kingma and Ba 2015), with decay beside
/// it
/// (Loshchilov and Hutter 2019).
///
/// ```
/// m += (1 − β1) (g − m)        v += (1 − β2) (g² − v)
/// w −= rate · ( m / (1 − β1^step) / (√(v / (1 − β2^step)) + ε) + decay · w )
/// ```
final class Adam {

    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.97f;
    private static final float EPSILON = 1e-8f;

    private Adam() {}

    static void move(float[] w, float[] g, float[] m, float[] v, float rate, float decay, int step) {
        float early1 = (float) (1 - Math.pow(BETA1, step));
        float early2 = (float) (1 - Math.pow(BETA2, step));
        for (int i = 0; i < w.length; i++) {
            m[i] += (1 - BETA1) * (g[i] - m[i]);
            v[i] += (1 - BETA2) * (g[i] * g[i] - v[i]);
            float direction = m[i] / early1 / ((float) Math.sqrt(v[i] / early2) + EPSILON);
            w[i] -= rate * (direction + decay * w[i]);
        }
    }
}
