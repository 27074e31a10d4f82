package dev.runnel.examples;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;

/// An assistant with a tool, streamed, with LangChain4j: `dev.langchain4j:langchain4j` and
/// `dev.langchain4j:langchain4j-open-ai`.
///
/// The server is the one at OPENAI_BASE_URL, or a Runnel on this machine; the model OPENAI_MODEL, or runnel-tiny.
public final class LangChain4jAssistant {

    /// What LangChain4j implements by way of the model.
    interface Assistant {
        TokenStream chat(String message);
    }

    /// What the model may call.
    static final class Weather {
        @Tool("The weather in a city, now")
        String weather(@P("the city's name, in any language") String city) {
            return "19 °C and light rain in " + city;
        }
    }

    private LangChain4jAssistant() {}

    public static void main(String[] arguments) {
        StreamingChatModel model = model(
                System.getenv().getOrDefault("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
                System.getenv().getOrDefault("OPENAI_MODEL", "runnel-tiny"));
        ask(model, "Do I need an umbrella in 北京?", System.out);
    }

    static StreamingChatModel model(String baseUrl, String name) {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(baseUrl)
                .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .modelName(name)
                .build();
    }

    /// Prints the answer as it comes; the tool is called in between.
    static void ask(StreamingChatModel model, String question, PrintStream out) {
        Assistant assistant = AiServices.builder(Assistant.class)
                .streamingChatModel(model)
                .tools(new Weather())
                .build();
        CompletableFuture<ChatResponse> done = new CompletableFuture<>();
        assistant
                .chat(question)
                .onPartialResponse(out::print)
                .onToolExecuted(call -> out.printf(
                        "[%s%s: %s]%n", call.request().name(), call.request().arguments(), call.result()))
                .onCompleteResponse(done::complete)
                .onError(done::completeExceptionally)
                .start();
        ChatResponse last = done.join();
        out.printf("%n%d tokens%n", last.tokenUsage().totalTokenCount());
    }
}
