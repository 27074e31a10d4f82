package dev.runnel.cuda;

/// The card or its driver can't do what was asked of it.
public final class CudaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CudaException(String message) {
        super(message);
    }
}
