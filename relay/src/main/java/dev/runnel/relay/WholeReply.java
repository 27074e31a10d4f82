package dev.runnel.relay;

import dev.runnel.core.BackendException;

/// What comes back where a stream asks for a whole reply.
final class WholeReply implements Call.Caller {

    private final RelayedStream stream;
    private final WholeBody body = new WholeBody("reply");

    WholeReply(RelayedStream stream) {
        this.stream = stream;
    }

    @Override
    public void read(byte[] piece) {
        body.add(piece);
    }

    @Override
    public void end() {
        stream.whole(body.toByteArray());
    }

    @Override
    public void failed(BackendException failure, boolean passing) {
        stream.failed(failure, passing);
    }

    @Override
    public String progress() {
        return stream.progress();
    }
}
