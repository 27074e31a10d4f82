package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The cache without a model: what a page holds of a token is the token's own id, so a page that is shared
/// with someone who has other tokens shows.
class KvCacheTest {

    private static final int PAGE = PageLayout.POSITIONS;

    private final PageLayout layout = new PageLayout(1, 1);
    private KvCache cache = new KvCache(PageFormat.of(CacheType.F32, layout), 1, 1, 8);

    @AfterEach
    void close() {
        cache.close();
    }

    private static int[] tokens(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }

    private static int[] join(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private KvCache.Sequence open(int room, int... beginning) {
        return (KvCache.Sequence) cache.reserve(room, beginning).orElseThrow();
    }

    /// Reads the tokens that a sequence has not, as a step would.
    private void read(KvSequence sequence, int... tokens) {
        KvCache.Sequence reader = (KvCache.Sequence) sequence;
        int from = reader.length();
        reader.prepareFor(tokens, from, tokens.length, from);
        for (int position = from; position < tokens.length; position++) {
            layout.write(
                    reader.page(position / PAGE),
                    cache.keys(0, 0),
                    cache.values(0, 0),
                    position % PAGE,
                    new float[] {tokens[position]},
                    0,
                    new float[] {tokens[position]},
                    0);
        }
        reader.grow(tokens.length - from, 0);
    }

    private static void assertHolds(KvSequence sequence, int... tokens) {
        KvCache.Sequence reader = (KvCache.Sequence) sequence;
        for (int position = 0; position < reader.length(); position++) {
            MemorySegment page = reader.page(position / PAGE);
            assertThat(page.getAtIndex(ValueLayout.JAVA_FLOAT, position % PAGE))
                    .as("position %d", position)
                    .isEqualTo(tokens[position]);
        }
    }

    @Test
    void whoBeginsAlikeBeginsWithWhatIsThereButNeverWithTheLastToken() {
        int[] prompt = tokens(0, 3 * PAGE);
        try (KvSequence first = open(prompt.length, prompt)) {
            assertThat(first.length()).isZero();
            read(first, prompt);
        }

        try (KvSequence again = open(prompt.length, prompt)) {
            assertThat(again.length()).isEqualTo(3 * PAGE - 1);
            assertHolds(again, prompt);
            read(again, prompt);
            assertHolds(again, prompt);
        }
        try (KvSequence longer = open(3 * PAGE + 9, join(prompt, tokens(500, 9)))) {
            assertThat(longer.length()).isEqualTo(3 * PAGE);
            assertHolds(longer, prompt);
        }
    }

    @Test
    void theBeginningOfAPageIsSharedToo() {
        int[] first = tokens(0, 2 * PAGE);
        int[] other = join(tokens(0, PAGE + 5), tokens(700, PAGE));
        try (KvSequence sequence = open(first.length, first)) {
            read(sequence, first);
        }

        try (KvSequence sequence = open(other.length, other);
                KvSequence untouched = open(first.length, first)) {
            assertThat(sequence.length()).isEqualTo(PAGE + 5);
            read(sequence, other);

            assertHolds(sequence, other);
            assertHolds(untouched, first);
            assertThat(untouched.length()).isEqualTo(2 * PAGE - 1);
        }
    }

    @Test
    void whoNeedsAllPagesGetsThemThoughSomeBeginAlike() {
        int[] first = tokens(0, 8 * PAGE);
        int[] other = join(tokens(0, 5), tokens(700, 8 * PAGE - 5));
        for (int[] tokens : List.of(first, first, other)) {
            try (KvSequence sequence = open(tokens.length, tokens)) {
                read(sequence, tokens);
                assertHolds(sequence, tokens);
            }
        }
    }

    @Test
    void ofPagesThatBeginAlikeTheClosestIsTaken() {
        for (int common : new int[] {3, 9, 5, 7}) {
            int[] tokens = join(tokens(0, common), tokens(100 * common, PAGE - common));
            try (KvSequence sequence = open(PAGE, tokens)) {
                read(sequence, tokens);
            }
        }

        int[] wanted = join(tokens(0, 8), tokens(5000, 10));
        try (KvSequence sequence = open(wanted.length, wanted)) {
            assertThat(sequence.length()).isEqualTo(8);
            assertHolds(sequence, wanted);
        }
    }

    @Test
    void whoDoesNotShareNeitherTakesNorLeavesAnything() {
        int[] prompt = tokens(0, 2 * PAGE);
        try (KvSequence alone = cache.reserve(prompt.length).orElseThrow()) {
            read(alone, prompt);
            assertThat(alone.catchUp(prompt)).isZero();
        }
        assertThat(cache.use()).isEqualTo(new CacheUse(8, 0, 0));

        try (KvSequence sequence = open(prompt.length, prompt)) {
            assertThat(sequence.length()).isZero();
            read(sequence, prompt);
        }
        try (KvSequence alone = cache.reserve(prompt.length).orElseThrow()) {
            assertThat(alone.length()).isZero();
        }
    }

    @Test
    void whatTwoHaveReadAtTheSameTimeIsKeptOnce() {
        int[] prompt = tokens(0, 2 * PAGE + 1);
        KvSequence one = open(prompt.length, prompt);
        KvSequence two = open(prompt.length, prompt);
        read(one, prompt);
        read(two, prompt);

        assertThat(cache.use()).isEqualTo(new CacheUse(8, 2 + 1 + 1, 0));
        assertHolds(two, prompt);
        one.close();
        assertHolds(two, prompt);
        two.close();
        assertThat(cache.use()).isEqualTo(new CacheUse(8, 0, 2));
    }

    @Test
    void whoComesLaterCatchesUpWithWhatOthersReadMeanwhile() {
        int[] prompt = tokens(0, 3 * PAGE + 4);
        KvSequence reader = open(prompt.length, prompt);
        KvSequence follower = open(prompt.length, prompt);
        read(follower, Arrays.copyOf(prompt, 5));
        read(reader, prompt);

        assertThat(follower.catchUp(prompt)).isEqualTo(3 * PAGE - 5);
        assertHolds(follower, prompt);
        read(follower, prompt);
        assertHolds(follower, prompt);
        assertThat(cache.use()).isEqualTo(new CacheUse(8, 3 + 2, 0));
        reader.close();
        follower.close();
        assertThat(cache.use()).isEqualTo(new CacheUse(8, 0, 3));
    }

    @Test
    void aForkGoesOnByItself() {
        int[] prompt = tokens(0, PAGE + 7);
        for (KvSequence first :
                List.of(open(PAGE * 2, prompt), cache.reserve(PAGE * 2).orElseThrow())) {
            read(first, prompt);
            KvSequence fork = first.fork(PAGE * 2).orElseThrow();
            read(first, join(prompt, tokens(800, 9)));
            read(fork, join(prompt, tokens(900, 3)));
            first.close();

            assertHolds(fork, join(prompt, tokens(900, 3)));
            fork.close();
        }
        assertThat(cache.use().held()).isZero();
    }

    @Test
    void aForkForWhichThereIsNoRoomLeavesEverythingAsItWas() {
        KvSequence first = open(6 * PAGE);
        read(first, tokens(0, PAGE + 7));

        assertThat(first.fork(4 * PAGE)).isEmpty(); // one of them is shared

        assertThat(cache.use().held()).isEqualTo(2);
        assertThat(first.fork(3 * PAGE)).isPresent();
    }

    @Test
    void roomGrowsAsLongAsThereArePages() {
        KvSequence one = open(PAGE);
        KvSequence two = open(5 * PAGE);

        assertThat(one.reserve(3 * PAGE)).isTrue();
        assertThat(one.reserve(3 * PAGE + 1)).isFalse();
        assertThat(one.reserve(3 * PAGE)).isTrue();
        two.close();
        assertThat(one.reserve(8 * PAGE)).isTrue();
        assertThat(cache.reserve(1)).isEmpty();
    }

    @Test
    void aPageForWhichThereIsNoMemoryIsStillToBeHad() {
        cache.close();
        cache = new KvCache(PageFormat.of(CacheType.F32, layout), 1 << 20, 1 << 20, 1);
        KvCache.Sequence sequence = (KvCache.Sequence) cache.reserve(1).orElseThrow();

        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatExceptionOfType(OutOfMemoryError.class)
                    .isThrownBy(() -> sequence.prepareFor(tokens(0, 1), 0, 1, 0));
            assertThat(sequence.room()).isEqualTo(PAGE);
        }

        sequence.close();
        assertThat(cache.use()).isEqualTo(new CacheUse(1, 0, 0));
        assertThat(cache.reserve(PAGE)).isPresent();
    }

    @Test
    void whatWasUsedLeastRecentlyMakesRoomAndTheEndsBeforeTheBeginnings() {
        int[] old = tokens(0, 3 * PAGE);
        int[] recent = tokens(1000, 3 * PAGE);
        for (int[] prompt : List.of(old, recent)) {
            try (KvSequence sequence = open(prompt.length, prompt)) {
                read(sequence, prompt);
            }
        }
        try (KvSequence again = open(PAGE + 1, Arrays.copyOf(old, PAGE + 1))) {
            assertThat(again.length()).isEqualTo(PAGE); // now the first page of `old` is the most recent
        }

        try (KvSequence large = open(4 * PAGE, tokens(2000, 4 * PAGE))) {
            read(large, tokens(2000, 4 * PAGE));
        }

        try (KvSequence sequence = open(old.length, old)) {
            assertThat(sequence.length()).isEqualTo(PAGE);
        }
        try (KvSequence sequence = open(recent.length, recent)) {
            assertThat(sequence.length()).isEqualTo(3 * PAGE - 1);
        }
    }

    @Test
    void pagesThatSomebodyHoldsAreNeverTaken() {
        int[] prompt = tokens(0, 3 * PAGE);
        KvSequence holder = open(prompt.length, prompt);
        read(holder, prompt);

        assertThat(cache.reserve(6 * PAGE)).isEmpty();
        try (KvSequence other = open(5 * PAGE, tokens(300, 5 * PAGE))) {
            read(other, tokens(300, 5 * PAGE));
        }

        assertHolds(holder, prompt);
    }

    /// Sequences of a few prompts come, read, fork, catch up and go at random: none ever sees another's
    /// tokens, and no page is lost.
    @Test
    void whateverComesAndGoesEachSeesItsOwnTokensAndNoPageIsLost() {
        Random random = new Random(42);
        cache.close();
        cache = new KvCache(PageFormat.of(CacheType.F32, layout), 1, 1, 20);
        List<KvSequence> open = new ArrayList<>();
        List<int[]> texts = new ArrayList<>();
        for (int round = 0; round < 20_000; round++) {
            if (open.isEmpty() || random.nextInt(3) == 0) {
                int[] text = randomText(random);
                Optional<KvSequence> room =
                        random.nextInt(5) == 0 ? cache.reserve(text.length) : cache.reserve(text.length, text);
                room.ifPresent(opened -> {
                    open.add(opened);
                    texts.add(text);
                });
                continue;
            }
            int i = random.nextInt(open.size());
            KvSequence sequence = open.get(i);
            int[] text = texts.get(i);
            switch (random.nextInt(5)) {
                case 0 -> {
                    sequence.close();
                    open.remove(i);
                    texts.remove(i);
                    continue;
                }
                case 1 -> sequence.catchUp(text);
                case 2 ->
                    sequence.fork(text.length).ifPresent(fork -> {
                        open.add(fork);
                        texts.add(text);
                    });
                default -> {
                    int to = Math.min(text.length, sequence.length() + random.nextInt(1, 50));
                    read(sequence, Arrays.copyOf(text, Math.max(to, sequence.length())));
                }
            }
            assertHolds(sequence, text);
            CacheUse use = cache.use();
            assertThat(use.held() + use.kept()).isLessThanOrEqualTo(use.pages());
        }
        for (int i = 0; i < open.size(); i++) {
            assertHolds(open.get(i), texts.get(i));
            open.get(i).close();
        }
        assertThat(cache.use().held()).isZero();
        try (KvSequence everything = cache.reserve(20 * PAGE).orElseThrow()) {
            read(everything, tokens(0, 20 * PAGE));
            assertThat(cache.use()).isEqualTo(new CacheUse(20, 20, 0));
        }
    }

    /// Texts that begin alike and part at some point.
    private static int[] randomText(Random random) {
        int[] text = tokens(0, random.nextInt(1, 6 * PAGE));
        for (int parting = random.nextInt(3); parting > 0; parting--) {
            int from = random.nextInt(text.length);
            int other = random.nextInt(3) * 1000;
            for (int i = from; i < text.length; i++) {
                text[i] += other;
            }
        }
        return text;
    }
}
