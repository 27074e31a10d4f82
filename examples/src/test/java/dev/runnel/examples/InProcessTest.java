package dev.runnel.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.runnel.engine.Engine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class InProcessTest {

    @Test
    void withoutAPromptItHasOneOfItsOwn() {
        assertThatCode(() -> InProcess.main(new String[0])).doesNotThrowAnyException();
    }

    @Test
    void aLoopOverEventsPrintsTheReplyAndItsCost() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        try (Engine engine = Engine.embedded()) {
            InProcess.answer(engine, "1+1=?", new PrintStream(out, true, StandardCharsets.UTF_8));
        }

        assertThat(out.toString(StandardCharsets.UTF_8)).matches("(?s).+\nfinished: (STOP|LENGTH)\n\\d+ tokens\n");
    }
}
