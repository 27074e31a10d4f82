package dev.runnel.engine.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A feed-forward layer of many of which each token takes a few (Shazeer et al.,
/// https://arxiv.org/abs/1701.06538; Jiang et al., Mixtral, https://arxiv.org/abs/2401.04088).
///
/// Tokens are grouped by expert, so that its weights are read once for all of them. A token adds what its
/// experts say in the order of their numbers, so that its sum doesn't depend on who else is in the step.
///
/// @param router `(experts, width)`: how much each expert has to say
record Experts(Linear router, List<Mlp> experts) implements FeedForward {

    static Experts of(Weights weights, Hyperparameters model, String layer) {
        Routing routing = model.routing();
        int width = model.width();
        int inner = routing.feedForward();
        Linear router = weights.linear(layer + "ffn_gate_inp", routing.experts(), width);
        List<List<Linear>> halves = weights.experts(
                routing.experts(),
                width,
                layer + "ffn_gate_up",
                new Weights.Part(layer + "ffn_gate", inner),
                new Weights.Part(layer + "ffn_up", inner));
        List<List<Linear>> downs = weights.experts(
                routing.experts(), inner, layer + "ffn_down", new Weights.Part(layer + "ffn_down", width));
        return new Experts(
                router,
                IntStream.range(0, routing.experts())
                        .mapToObj(expert -> new Mlp(
                                model.family().mlp().activation(),
                                halves.get(expert).getFirst(),
                                halves.get(expert).getLast(),
                                downs.get(expert).getFirst()))
                        .toList());
    }

    @Override
    public void forward(Step step, Compute compute) {
        int n = step.tokens();
        Routes routes = step.routes;
        compute.apply(router, step.h, n, routes.logits);
        compute.inParallel(n, (worker, token) -> routes.choose(token));
        routes.group(n);

        int width = router.weight().columns();
        Arrays.fill(step.out, 0, n * width, 0);
        for (int e = 0; e < experts.size(); e++) {
            int first = routes.first(e);
            int tokens = routes.first(e + 1) - first;
            if (tokens > 0) {
                compute.inParallel(
                        tokens,
                        (worker, i) ->
                                System.arraycopy(step.h, routes.token(first + i) * width, routes.in, i * width, width));
                experts.get(e).forward(step, compute, routes.in, tokens, routes.out);
                compute.inParallel(tokens, (worker, i) -> {
                    int to = routes.token(first + i) * width;
                    compute.kernels().add(step.out, to, routes.share(first + i), routes.out, i * width, width);
                });
            }
        }
    }
}
