package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.Damage;
import dev.runnel.engine.fixtures.TinyFamily;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.KernelChoice;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever a file says of its model, it is run or refused in a sentence.
class FamilyFuzzTest {

    private static final int FILES = 3_000;

    private static final LoadOptions OPTIONS = new LoadOptions(1 << 20, 64, 8);

    @Test
    void aModelWhoseKeysOrTensorsAreDamagedRunsOrIsRefused() {
        Random random = new Random(42);
        List<byte[]> sound = TinyFamily.architectures().stream()
                .map(family -> TinyFamily.of(family, 7).writer().toByteArray())
                .toList();
        int ran = 0;
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] whole = sound.get(random.nextInt(sound.size()));
            try {
                run(damaged(whole, random));
                ran++;
            } catch (ModelFileException fault) {
                assertThat(fault).hasMessageStartingWith("damaged.gguf: ").hasMessageNotContaining("\n");
                refused++;
            }
        }
        assertThat(ran).isGreaterThan(FILES / 100);
        assertThat(refused).isGreaterThan(FILES / 2);
    }

    /// Changes what comes before the weights, and nothing's place.
    private static byte[] damaged(byte[] whole, Random random) {
        int head = whole.length - weights(whole);
        byte[] changed = Damage.of(List.of(Arrays.copyOf(whole, head)), random);
        byte[] damaged = whole.clone();
        System.arraycopy(changed, 0, damaged, 0, Math.min(head, changed.length));
        return damaged;
    }

    private static int weights(byte[] whole) {
        return GgufFile.of("sound.gguf", MemorySegment.ofArray(whole)).tensors().stream()
                .mapToInt(tensor -> Math.ceilDiv((int) tensor.data().byteSize(), 32) * 32)
                .sum();
    }

    private static void run(byte[] bytes) {
        GgufFile file = GgufFile.of("damaged.gguf", MemorySegment.ofArray(bytes));
        try (RunningModel running = RunningModel.open(file, KernelChoice.scalar(), 1, OPTIONS)) {
            int length = Math.min(3, running.model().contextLength());
            try (KvSequence sequence = running.reserve(length)) {
                for (float logit : running.logits(sequence, Arrays.copyOf(new int[] {1, 2, 3}, length))) {
                    assertThat(logit).isFinite();
                }
            }
        }
    }
}
