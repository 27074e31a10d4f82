package dev.runnel.app.hub;

/// A model that can't be fetched. The message is one sentence for the person who asked for it.
public final class HubException extends RuntimeException {

    private static final long serialVersionUID = 1;

    HubException(String message) {
        super(printable(message));
    }

    HubException(String message, Throwable cause) {
        super(printable(message), cause);
    }

    /// Parts of it may be a stranger's words.
    private static String printable(String message) {
        return message.replaceAll("\\p{Cntrl}", "?");
    }
}
