package dev.runnel.app.hub;

import dev.runnel.app.hub.HubFile.Blob;
import dev.runnel.app.hub.Ranges.Range;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fetches one file into a cache.
///
/// The bytes come in several ranges at once, each on a virtual thread of its own, into a file beside the blob's; how
/// far each has come is noted every second. A connection that breaks, falls silent or drips is made anew where it
/// broke off, a bounded number of times without getting on; after that, or when the program is ended, the next run
/// goes on from the notes. A hub that knows no ranges gives the file in one piece. What is complete is checked and
/// only then becomes the blob.
///
/// The names of both files are this program's own: others keep unfinished files too, but only ever add at their end.
final class Download {

    /// What a range must get on by for its failures to be counted anew.
    private static final long GETTING_ON_BYTES = 1 << 20;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final long BETWEEN_NOTES_NANOS = 1_000_000_000;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Hub hub;
    private final HubName name;
    private final HubFile file;
    private final Blob blob;
    private final URI address;
    private final Path target;
    private final Path lockFile;
    private final Path data;
    private final Path journal;
    private final PullListener listener;
    private volatile boolean stopped;
    private long notedAt;

    /// @param target the blob's file
    /// @param lockFile held while this works
    Download(
            Hub hub,
            HubName name,
            String commit,
            HubFile file,
            Blob blob,
            Path target,
            Path lockFile,
            PullListener listener) {
        this.hub = hub;
        this.name = name;
        this.file = file;
        this.blob = blob;
        this.address = hub.address(name, commit, file);
        this.target = target;
        this.lockFile = lockFile;
        this.data = target.resolveSibling(blob.etag() + ".runnel.incomplete");
        this.journal = target.resolveSibling(blob.etag() + ".runnel.ranges");
        this.listener = listener;
    }

    /// @param connections ranges that are fetched at once, at most
    /// @param leastRange bytes of a range, where there are several
    /// @return whether the file was there already
    boolean run(int connections, long leastRange) {
        try {
            Files.createDirectories(target.getParent());
            Files.createDirectories(lockFile.getParent());
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                if (lock == null) {
                    throw beingFetched();
                }
                return fetchUnlessHere(connections, leastRange);
            }
        } catch (OverlappingFileLockException ours) {
            throw beingFetched();
        } catch (IOException failure) {
            throw HubCache.unwritable(target, failure);
        }
    }

    private HubException beingFetched() {
        return new HubException("%s of %s is being fetched by another program".formatted(file.path(), name.path()));
    }

    private boolean fetchUnlessHere(int connections, long leastRange) throws IOException {
        if (Files.exists(target) && Files.size(target) == blob.bytes()) {
            return true;
        }
        Optional<Ranges> noted =
                Files.exists(data) && Files.size(data) == blob.bytes() ? Ranges.read(journal, blob) : Optional.empty();
        Ranges ranges = noted.orElseGet(() -> Ranges.fresh(blob, connections, leastRange));
        requireSpace(blob.bytes() - ranges.done());
        try (FileChannel channel =
                FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (noted.isEmpty()) {
                begin(channel);
            }
            try {
                fetch(ranges, channel);
            } catch (RangesIgnoredException _) {
                begin(channel);
                fetch(Ranges.fresh(blob, 1, leastRange), channel);
            }
        }
        check();
        Files.move(data, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(journal);
        return false;
    }

    private void requireSpace(long bytes) throws IOException {
        long free = Files.getFileStore(target.getParent()).getUsableSpace();
        if (free > 0 && free < bytes) { // some file systems don't know
            throw new HubException("%s of %s needs %d MiB more, and %d are free at %s"
                    .formatted(file.path(), name.path(), mebibytes(bytes), free >> 20, target.getParent()));
        }
    }

    private static long mebibytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20);
    }

    /// Makes the file as long as it will be; its bytes take room as they come.
    private void begin(FileChannel channel) throws IOException {
        Files.deleteIfExists(journal);
        channel.truncate(0);
        if (blob.bytes() > 0) {
            channel.write(ByteBuffer.wrap(new byte[1]), blob.bytes() - 1);
        }
    }

    /// The hub gave the whole file where a range was asked for.
    private static final class RangesIgnoredException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private void fetch(Ranges ranges, FileChannel channel) throws IOException {
        listener.has(ranges.done());
        stopped = false;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ExecutorCompletionService<Boolean> ends = new ExecutorCompletionService<>(threads);
            List<Range> open =
                    ranges.all().stream().filter(range -> !range.isDone()).toList();
            open.forEach(range -> ends.submit(() -> fetch(range, ranges, channel)));
            try {
                for (int i = 0; i < open.size(); i++) {
                    ends.take().get();
                }
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                throw new HubException("interrupted", interrupt);
            } catch (ExecutionException failure) {
                throw failure.getCause() instanceof RuntimeException fault
                        ? fault
                        : new IllegalStateException(failure.getCause());
            } finally {
                stopped = true;
                threads.shutdownNow(); // an interrupt closes a virtual thread's socket
            }
        } finally {
            boolean interrupted = Thread.interrupted(); // lest it cut the note short as well
            ranges.write(journal);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Fetches a range to its end.
    private boolean fetch(Range range, Ranges ranges, FileChannel channel) {
        HubHttp http = hub.http();
        int failures = 0;
        while (!range.isDone()) {
            long before = range.position;
            try {
                fetchSome(range, ranges, channel);
            } catch (IOException broken) {
                if (stopped) {
                    return false;
                }
                failures = range.position - before >= GETTING_ON_BYTES ? 1 : failures + 1;
                if (failures >= http.waits().attempts()) {
                    throw new HubException(
                            "%s of %s broke off %d times, at last after %d of %d bytes: %s; what came is kept, so another pull goes on from there"
                                    .formatted(
                                            file.path(),
                                            name.path(),
                                            failures,
                                            ranges.done(),
                                            blob.bytes(),
                                            HubHttp.reason(broken)),
                            broken);
                }
                listener.retries(HubHttp.reason(broken), http.waits().pauseAfter(failures));
                http.pause(failures, broken);
            }
        }
        return true;
    }

    /// Fetches what one connection gives of a range.
    private void fetchSome(Range range, Ranges ranges, FileChannel channel) throws IOException {
        HubHttp.Span rest = new HubHttp.Span(range.position, range.end - 1);
        try (HubHttp.Answer answer = hub.http().get(address, Optional.of(rest))) {
            switch (answer.status) {
                case 206 -> requireRange(answer, range);
                case 200 -> {
                    if (ranges.all().size() > 1) {
                        throw new RangesIgnoredException();
                    }
                    requireLength(answer.length().orElse(blob.bytes()));
                    range.position = range.start;
                }
                case 416 -> throw otherLength("at most " + range.position);
                default -> throw refused(answer);
            }
            copy(answer.body(), range, ranges, channel);
        }
    }

    private void requireRange(HubHttp.Answer answer, Range range) throws IOException {
        Matcher given = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (!given.matches() || Long.parseLong(given.group(1)) != range.position) {
            throw new IOException("another range came than was asked for");
        }
        if (!given.group(3).equals("*")) {
            requireLength(Long.parseLong(given.group(3)));
        }
    }

    private void requireLength(long bytes) {
        if (bytes != blob.bytes()) {
            throw otherLength(String.valueOf(bytes));
        }
    }

    private HubException otherLength(String found) {
        return new HubException("%s of %s has %s bytes where it lies, expected %d as the hub lists it"
                .formatted(file.path(), name.path(), found, blob.bytes()));
    }

    /// The hub's own refusals are final. Where it sends on to, an address is good for a while only, so asking the hub
    /// again may help.
    private RuntimeException refused(HubHttp.Answer answer) throws IOException {
        if (answer.address.getHost().equalsIgnoreCase(address.getHost())
                && answer.address.getPort() == address.getPort()) {
            return hub.refusal(name, answer);
        }
        throw new IOException(answer.address.getHost() + " answers " + answer.status);
    }

    private void copy(InputStream body, Range range, Ranges ranges, FileChannel channel) throws IOException {
        Waits waits = hub.http().waits();
        byte[] buffer = new byte[BUFFER_BYTES];
        long since = System.nanoTime();
        long at = range.position;
        long bytesThen = at;
        while (!range.isDone()) {
            int read = body.read(buffer, 0, (int) Math.min(buffer.length, range.end - at));
            if (read < 0) {
                throw new EOFException("the connection was closed early");
            }
            write(channel, ByteBuffer.wrap(buffer, 0, read), at);
            at += read;
            range.position = at;
            gotOn(ranges);
            long now = System.nanoTime();
            if (now - since >= waits.slow().toNanos()) {
                long came = at - bytesThen;
                if (came < waits.slowBytes() && !range.isDone()) {
                    throw new IOException("only %d bytes came in %d s"
                            .formatted(came, waits.slow().toSeconds()));
                }
                since = now;
                bytesThen = at;
            }
        }
    }

    private void write(FileChannel channel, ByteBuffer bytes, long position) throws InterruptedIOException {
        try {
            for (long at = position; bytes.hasRemaining(); ) {
                at += channel.write(bytes, at);
            }
        } catch (IOException failure) {
            if (stopped) {
                throw new InterruptedIOException();
            }
            throw HubCache.unwritable(data, failure);
        }
    }

    /// Tells how far the file is, and notes it now and then. One thread at a time, so that what is told never goes
    /// back by itself.
    private synchronized void gotOn(Ranges ranges) throws InterruptedIOException {
        listener.has(ranges.done());
        long now = System.nanoTime();
        if (now - notedAt >= BETWEEN_NOTES_NANOS) {
            notedAt = now;
            try {
                ranges.write(journal);
            } catch (IOException failure) {
                if (stopped) {
                    throw new InterruptedIOException();
                }
                throw HubCache.unwritable(journal, failure);
            }
        }
    }

    /// Compares what came with the name the hub gave it.
    private void check() throws IOException {
        Checksum checksum = blob.checksum();
        if (checksum == Checksum.NONE) {
            return;
        }
        MessageDigest digest = checksum.begin(blob.bytes());
        try (InputStream in = Files.newInputStream(data)) {
            byte[] buffer = new byte[1 << 20];
            long checked = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                checked += read;
                listener.checks(checked);
            }
        }
        String found = Checksum.name(digest);
        if (!found.equals(blob.etag())) {
            Files.deleteIfExists(data);
            Files.deleteIfExists(journal);
            throw new HubException("%s of %s came with the checksum %s, expected %s; it was removed"
                    .formatted(file.path(), name.path(), found, blob.etag()));
        }
    }
}
