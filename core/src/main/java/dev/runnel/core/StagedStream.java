package dev.runnel.core;

/// A source stream with a stage behind it.
final class StagedStream extends DerivedStream {

    private final Stage stage;
    private boolean hasUsage; // for the thread that signals

    StagedStream(CompletionStream source, Stage stage) {
        super(source);
        this.stage = stage;
    }

    @Override
    protected void read(TokenEvent event) {
        stage.accept(event, made -> {
            hasUsage |= made instanceof TokenEvent.Usage;
            channel.emit(made);
        });
        if (hasUsage && !(event instanceof TokenEvent.Usage)) {
            cancelled(); // the stage has ended the stream before its source did
        }
    }

    @Override
    public void onError(Throwable failure) {
        channel.fail(BackendException.of(failure));
    }

    @Override
    public void onComplete() {
        // Without effect where the stage passed the usage on, as it should.
        channel.fail(new BackendException(
                BackendException.Kind.INTERNAL, "the stage " + stage + " kept back the usage, which ends a stream"));
    }
}
