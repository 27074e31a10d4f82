package dev.runnel.examples.spring;

import java.io.PrintStream;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

/// A chat with a tool, streamed, with Spring AI: `org.springframework.ai:spring-ai-openai` and
/// `org.springframework.ai:spring-ai-client-chat`. In a Spring Boot application the model is made of the properties
/// `spring.ai.openai.base-url` and `spring.ai.openai.chat.options.model`.
///
/// The server is the one at OPENAI_BASE_URL, or a Runnel on this machine; the model OPENAI_MODEL, or runnel-tiny.
public final class SpringAiChat {

    /// What the model may call.
    static final class Weather {
        @Tool(description = "The weather in a city, now")
        String weather(@ToolParam(description = "the city's name, in any language") String city) {
            return "19 °C and light rain in " + city;
        }
    }

    private SpringAiChat() {}

    public static void main(String[] arguments) {
        ChatModel model = model(
                System.getenv().getOrDefault("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
                System.getenv().getOrDefault("OPENAI_MODEL", "runnel-tiny"));
        ask(model, "Do I need an umbrella in 北京?", System.out);
    }

    static ChatModel model(String baseUrl, String name) {
        return OpenAiChatModel.builder()
                .options(new OpenAiChatOptions.Builder()
                        .baseUrl(baseUrl)
                        .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                        .model(name)
                        .build())
                .build();
    }

    /// Prints the answer as it comes; the tool is called in between.
    static void ask(ChatModel model, String question, PrintStream out) {
        ChatClient.create(model).prompt(question).tools(new Weather()).stream()
                .content()
                .doOnNext(out::print)
                .blockLast();
        out.println();
    }
}
