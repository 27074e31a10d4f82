package dev.runnel.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A text to measure a model with. The line end at the end of a file or of standard input is not part of it.
final class TextFlags {

    private static final String STANDARD_INPUT = "-";

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec command;

    @Option(names = "--file", paramLabel = "FILE", description = "Take the text from this file; - is standard input.")
    @Nullable
    String file;

    /// The text that was given, if one was.
    ///
    /// @param argument that text itself
    /// @param name of the argument, for messages
    Optional<String> text(Shell shell, @Nullable String argument, String name) {
        if (argument != null && command.commandLine().getParseResult().hasMatchedOption("--file")) {
            throw new ParameterException(
                    command.commandLine(), "%s and --file exclude each other: one text at a time".formatted(name));
        }
        if (argument != null) {
            return Optional.of(argument);
        }
        if (file == null) {
            return Optional.empty();
        }
        return Optional.of(file.equals(STANDARD_INPUT) ? standardInput(shell) : read(Path.of(file)));
    }

    static String standardInput(Shell shell) {
        try {
            return decoded("standard input", shell.in().readAllBytes());
        } catch (IOException failure) {
            throw new UncheckedIOException("standard input can't be read: " + failure.getMessage(), failure);
        }
    }

    /// A file that is a text.
    static String read(Path file) {
        try {
            return decoded(file.toString(), Files.readAllBytes(file));
        } catch (NoSuchFileException failure) {
            throw new CommandFailure("there is no file " + file, failure);
        } catch (IOException failure) {
            throw new CommandFailure("%s can't be read: %s".formatted(file, failure.getMessage()), failure);
        }
    }

    private static String decoded(String source, byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.replaceFirst("\\R\\z", "");
        } catch (CharacterCodingException failure) {
            throw new CommandFailure(source + " is no text in UTF-8", failure);
        }
    }
}
