package dev.runnel.examples;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.engine.Engine;
import java.io.PrintStream;
import java.nio.file.Path;

/// The engine as a library: no server, no HTTP; a completion is a loop over events.
///
/// Run it from the checkout, with the embedded model or one of yours:
///
/// ```
/// ./runnel example InProcess "1+1=?"
/// ./runnel example InProcess "Tell me a story." model.gguf
/// ```
public final class InProcess {

    private InProcess() {}

    /// @param arguments a prompt, and a GGUF file if it shall not be the embedded model
    public static void main(String[] arguments) {
        try (Engine engine = arguments.length > 1 ? Engine.open(Path.of(arguments[1])) : Engine.embedded()) {
            answer(engine, arguments.length > 0 ? arguments[0] : "1+1=?", System.out);
        }
    }

    static void answer(Engine engine, String prompt, PrintStream out) {
        String model = engine.models().getFirst().id();
        // Closing the stream, here by leaving the block, stops the work wherever it is.
        try (CompletionStream events = engine.complete(CompletionRequest.of(model, prompt))) {
            for (TokenEvent event : events) {
                switch (event) {
                    case Started _ -> {}
                    case Thinking(int _, String piece) -> out.print(piece);
                    case Text(int _, String piece, var _) -> out.print(piece);
                    case Refusal(int _, String piece) -> out.print(piece);
                    case Call(int _, String id, String tool) -> out.print("\n" + id + " calls " + tool);
                    case Arguments(int _, String piece) -> out.print(piece);
                    case Finished(int _, var reason) -> out.println("\nfinished: " + reason);
                    case Usage usage -> out.println(usage.totalTokens() + " tokens");
                }
            }
        }
    }
}
