package dev.runnel.app.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// llama.cpp, or whatever has its command line, timed by its own programs: `llama-bench` for one sequence and
/// `llama-batched-bench` for many. Each task is a process of its own, so nothing of it runs meanwhile.
///
/// @param bench path of `llama-bench`
/// @param batchedBench path of `llama-batched-bench`
/// @param more arguments for both
record LlamaCppPeer(String name, Path bench, Path batchedBench, List<String> more, Path file, int threads)
        implements Peer {

    private static final int ATTEMPTS = 10;

    private static final Pattern BENCH_RATE = Pattern.compile("\"avg_ts\": ([0-9.]+)");
    private static final Pattern BATCHED_RATE = Pattern.compile("\"speed_tg\": ([0-9.]+)");

    @Override
    public double measure(Task task) throws IOException, InterruptedException {
        String tokens = String.valueOf(task.tokens);
        return switch (task) {
            case PROMPT -> bench("-p", tokens, "-n", "0");
            case DECODE -> bench("-p", "0", "-n", tokens);
            case DECODE_DEEP -> bench("-p", "0", "-n", tokens, "-d", String.valueOf(Task.DEPTH));
            case DECODE_16 -> {
                List<String> command = command(batchedBench, "-c", "2048", "-npp", "1", "-ntg", tokens);
                command.addAll(List.of("-npl", String.valueOf(task.sequences), "--output-format", "jsonl"));
                yield rate(command, BATCHED_RATE);
            }
        };
    }

    private double bench(String... task) throws IOException, InterruptedException {
        List<String> command = command(bench, task);
        command.addAll(List.of("-r", "1", "-o", "json"));
        return rate(command, BENCH_RATE);
    }

    private List<String> command(Path program, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(program.toString(), "-m", file.toString(), "-t", String.valueOf(threads)));
        command.addAll(List.of(arguments));
        command.addAll(more);
        return command;
    }

    /// A program that has little to do may end before its log is written: then it runs again.
    private static double rate(List<String> command, Pattern pattern) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            Optional<MatchResult> found = pattern.matcher(said).results().findFirst();
            if (found.isPresent()) {
                return Double.parseDouble(found.get().group(1));
            }
            if (status != 0 || !said.isEmpty() || attempt == ATTEMPTS) {
                throw new IOException("%s told no speed; it ended with %d and said: %s"
                        .formatted(String.join(" ", command), status, said));
            }
        }
    }

    @Override
    public void close() {}
}
