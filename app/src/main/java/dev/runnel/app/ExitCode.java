package dev.runnel.app;

/// How the program ends, told to whoever started it.
final class ExitCode {

    static final int DONE = 0;

    /// One sentence on standard error says why.
    static final int FAILED = 1;

    /// Options or arguments that make no sense.
    static final int USAGE = 2;

    /// Asked to stop before it was done: what a shell reports of a program ended by SIGINT.
    static final int STOPPED = 128 + 2;

    /// Nobody read the output any more: what a shell reports of a program ended by SIGPIPE.
    static final int OUTPUT_CLOSED = 128 + 13;

    private ExitCode() {}
}
