package dev.runnel.engine.model;

import static dev.runnel.engine.model.HeadNorms.EACH;
import static dev.runnel.engine.model.HeadNorms.TOGETHER;
import static dev.runnel.engine.model.NormPlaces.AFTER;
import static dev.runnel.engine.model.NormPlaces.BEFORE_AND_AFTER;
import static dev.runnel.engine.model.NormPlaces.SHARED;
import static dev.runnel.engine.model.Positions.LEARNED;
import static dev.runnel.engine.model.Positions.ROTATED_IN_THREE_OF_FOUR;
import static dev.runnel.engine.model.Positions.ROTATED_UNLESS_TOLD;
import static dev.runnel.engine.model.Positions.ROTATED_WHERE_LOCAL;
import static dev.runnel.engine.model.Quirk.ATTENTION_SINKS;
import static dev.runnel.engine.model.Quirk.EMBEDDING_TIMES_ROOT_OF_WIDTH;
import static dev.runnel.engine.model.Quirk.EXPERTS_SHARE_FEED_FORWARD;
import static dev.runnel.engine.model.Quirk.LOGITS_DIVIDED_BY_SCALE;
import static dev.runnel.engine.model.Quirk.SHARES_AS_ROUTED;
import static dev.runnel.engine.model.RopeOrder.HALVES;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// The architectures that this engine runs, by what sets them apart from Llama.
enum Family {
    LLAMA("llama"),
    QWEN2("qwen2", HALVES),
    QWEN3("qwen3", HALVES, EACH),
    QWEN3_MOE("qwen3moe", HALVES, EACH, EXPERTS_SHARE_FEED_FORWARD),
    GEMMA("gemma", HALVES, Mlp.Kind.GELU_GATE, EMBEDDING_TIMES_ROOT_OF_WIDTH),
    GEMMA2(
            "gemma2",
            HALVES,
            BEFORE_AND_AFTER,
            Mlp.Kind.GELU_GATE,
            EMBEDDING_TIMES_ROOT_OF_WIDTH,
            new ScaleByWidth(46),
            Locality.lastOf(2, OptionalInt.of(4096)),
            new Caps(50, 30)),
    GEMMA3(
            "gemma3",
            HALVES,
            EACH,
            BEFORE_AND_AFTER,
            Mlp.Kind.GELU_GATE,
            EMBEDDING_TIMES_ROOT_OF_WIDTH,
            new ScaleByWidth(62),
            new Locality(6, OptionalInt.of(0), 10_000, false)),
    PHI3("phi3", HALVES),
    GRANITE("granite", ROTATED_UNLESS_TOLD, LOGITS_DIVIDED_BY_SCALE),
    OLMO2("olmo2", HALVES, TOGETHER, AFTER, new Locality(4, OptionalInt.of(0), 0, false)),
    COHERE2("cohere2", ROTATED_WHERE_LOCAL, Norm.Kind.LAYER, SHARED, Locality.lastOf(4, OptionalInt.empty())),
    SMOLLM3("smollm3", ROTATED_IN_THREE_OF_FOUR),
    GPT_OSS("gpt-oss", HALVES, Mlp.Kind.CLAMPED_GATE, ATTENTION_SINKS, Locality.lastOf(2, OptionalInt.empty())),
    OLMOE("olmoe", HALVES, TOGETHER, SHARES_AS_ROUTED),
    GLM4("glm4", BEFORE_AND_AFTER),
    STARCODER2("starcoder2", HALVES, Norm.Kind.LAYER_WITH_BIAS, Mlp.Kind.GELU_WITHOUT_GATE),
    GPT2("gpt2", LEARNED, Norm.Kind.LAYER_WITH_BIAS, Mlp.Kind.GELU_WITHOUT_GATE);

    private final String architecture;

    @SuppressWarnings("ImmutableEnumChecker") // List.of can't be changed, and neither can a trait
    private final List<Trait> traits;

    Family(String architecture, Trait... traits) {
        this.architecture = architecture;
        this.traits = List.of(traits);
    }

    /// The family that a file says it belongs to.
    static Family of(GgufFile file) {
        String architecture = file.metadata().requireString("general.architecture");
        return Arrays.stream(values())
                .filter(family -> family.architecture.equals(architecture))
                .findFirst()
                .orElseThrow(() -> new ModelFileException(
                        file.name(),
                        "has the architecture %s; this engine runs %s"
                                .formatted(
                                        architecture,
                                        Arrays.stream(values())
                                                .map(family -> family.architecture)
                                                .collect(Collectors.joining(", ")))));
    }

    /// What the file calls it, and the start of its metadata keys.
    String architecture() {
        return architecture;
    }

    RopeOrder ropeOrder() {
        return choice(RopeOrder.class, RopeOrder.NEIGHBOURS);
    }

    Positions positions() {
        return choice(Positions.class, Positions.ROTATED);
    }

    Norm.Kind norm() {
        return choice(Norm.Kind.class, Norm.Kind.ROOT_MEAN_SQUARE);
    }

    NormPlaces normPlaces() {
        return choice(NormPlaces.class, NormPlaces.BEFORE);
    }

    HeadNorms headNorms() {
        return choice(HeadNorms.class, HeadNorms.NONE);
    }

    Mlp.Kind mlp() {
        return choice(Mlp.Kind.class, Mlp.Kind.SILU_GATE);
    }

    Locality locality() {
        return choice(Locality.class, Locality.NONE);
    }

    /// What holds where the file has no caps of its own.
    Caps caps() {
        return choice(Caps.class, Caps.NONE);
    }

    ScaleByWidth scaleByWidth() {
        return choice(ScaleByWidth.class, ScaleByWidth.NONE);
    }

    boolean has(Quirk quirk) {
        return traits.contains(quirk);
    }

    private <T extends Trait> T choice(Class<T> kind, T usual) {
        return traits.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst()
                .orElse(usual);
    }
}
