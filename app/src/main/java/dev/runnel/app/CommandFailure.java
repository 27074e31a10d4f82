package dev.runnel.app;

/// A command that can't do what it was asked to. The message is one sentence for the person who asked.
final class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    CommandFailure(String message) {
        super(message);
    }

    CommandFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
