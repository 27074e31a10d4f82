package dev.runnel.lab;

import java.util.Locale;

/// How many requests come, and when.
public sealed interface Load {

    /// How many requests in all.
    int requests();

    /// What it is, in a word or two, such as `8 at once`.
    String name();

    /// So many readers, each of whom asks again once it has its reply: whatever slows the server down slows
    /// the requests down, too, so this shows how much it can do and not how long people wait for it.
    ///
    /// @param concurrency requests at once
    record Closed(int concurrency, int requests) implements Load {
        public Closed {
            requireAtLeastOne("concurrency", concurrency);
            requireAtLeastOne("requests", requests);
        }

        @Override
        public String name() {
            return concurrency + " at once";
        }
    }

    /// Readers who know nothing of each other: requests come at random moments ([Arrivals]), whether those
    /// before them have been answered or not. Each is measured from the moment it was to come, also when it
    /// came late because the lab or the cap held it back, so a stall of the server is felt by all that came
    /// during it and not only by the one it caught.
    ///
    /// @param rate requests a second, on average
    /// @param mostAtOnce cap of requests under way; those above it wait, and their waiting counts
    record Open(double rate, int mostAtOnce, int requests) implements Load {
        public Open {
            if (!(rate > 0 && rate <= 100_000)) {
                throw new IllegalArgumentException(
                        "request rate is %s, expected above 0 and at most 100000 a second".formatted(rate));
            }
            requireAtLeastOne("cap of requests at once", mostAtOnce);
            requireAtLeastOne("requests", requests);
        }

        @Override
        public String name() {
            return (rate == Math.rint(rate) ? String.valueOf((long) rate) : String.format(Locale.ROOT, "%s", rate))
                    + "/s";
        }
    }

    private static void requireAtLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s is %d, expected at least 1".formatted(name, value));
        }
    }
}
