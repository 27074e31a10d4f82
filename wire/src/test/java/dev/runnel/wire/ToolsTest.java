package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tools in a request: what is offered, what may be called, and what calls gave back.
class ToolsTest {

    private static final String F_AND_G = """
            "tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object",
            "properties":{"z":{},"a":{}}},"strict":true}},{"type":"function","function":{"name":"g"}}],""";
    private static final Tool F =
            new Tool("f", "does", "{\"type\":\"object\",\"properties\":{\"z\":{},\"a\":{}}}", true);
    private static final Tool G =
            new Tool("g", "", "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}", false);
    private static final List<Tool> BOTH = List.of(F, G);

    @Test
    void theModelDecidesWhereNothingIsSaid() {
        assertThat(tools(F_AND_G)).isEqualTo(new Tools(BOTH, Tools.Use.AUTO, Set.of("f", "g"), true));
        assertThat(tools("")).isEqualTo(Tools.NONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "none"     | NONE     | ``
            "auto"     | AUTO     | f g
            "required" | REQUIRED | f g
            {"type":"function","function":{"name":"g"}} | NAMED | g
            {"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}} | AUTO | f
            {"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}} | REQUIRED | g
            """)
    void everyChoice(String choice, Tools.Use use, String allowed) {
        Set<String> names = allowed == null || allowed.isEmpty() ? Set.of() : Set.of(allowed.split(" ", -1));

        assertThat(tools(F_AND_G + "\"tool_choice\":" + choice + ",")).isEqualTo(new Tools(BOTH, use, names, true));
    }

    @Test
    void oneCallAtATimeWhereManyAreNotWanted() {
        assertThat(tools(F_AND_G + "\"parallel_tool_calls\":false,").parallel()).isFalse();
    }

    @Test
    void aNamedToolFinishesWithStopUnlessTheServerPrefersCalls() {
        String named = F_AND_G + "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}},";

        assertThat(read(named, WireOptions.DEFAULT).form().callsFinishAsStop()).isTrue();
        assertThat(read(named, WireOptions.DEFAULT.withNamedCallsFinishAsCalls(true))
                        .form()
                        .callsFinishAsStop())
                .isFalse();
        assertThat(read(F_AND_G + "\"tool_choice\":\"required\",", WireOptions.DEFAULT)
                        .form()
                        .callsFinishAsStop())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "tools":[{"type":"custom","custom":{"name":"f"}}] | unsupported_value | tools[0] | tools[0] is a tool of type 'custom', which is not supported
            "tools":[{"type":"function","function":{"name":"a b"}}] | invalid_value | tools[0].function.name | tools[0].function.name is 'a b', expected 1 to 64 letters, digits, _ and -
            "tools":[{"type":"function","function":{"name":""}}] | invalid_value | tools[0].function.name | tools[0].function.name is '', expected 1 to 64 letters, digits, _ and -
            "tools":[{"type":"function","function":{}}] | missing_required_parameter | tools[0].function.name | tools[0].function.name is missing
            "tools":[{"type":"function"}] | missing_required_parameter | tools[0].function | tools[0].function is missing
            "tools":[{"function":{"name":"f"}}] | missing_required_parameter | tools[0].type | tools[0].type is missing
            "tools":[{"type":"function","function":{"name":"f","parameters":"x"}}] | invalid_type | tools[0].function.parameters | tools[0].function.parameters is a string, expected an object
            "tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}] | invalid_value | tools[1].function.name | tools[1].function.name is 'f', which another tool has already
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"h"}} | invalid_value | tool_choice.function.name | tool_choice.function.name is 'h', which is none of the tools
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"custom","custom":{"name":"h"}} | unsupported_value | tool_choice.type | tool_choice.type is 'custom', which is not supported
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}} | invalid_value | tool_choice.allowed_tools.tools | tool_choice.allowed_tools.tools is an empty array, expected at least one element
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"some","tools":[]}} | invalid_value | tool_choice.allowed_tools.mode | tool_choice.allowed_tools.mode is 'some', expected auto or required
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"sometimes" | invalid_value | tool_choice | tool_choice is 'sometimes', expected none, auto, required or an object
            """)
    void whatIsWrongIsRefusedByItsPath(String members, String code, String path, String message) {
        BackendException refusal =
                catchThrowableOfType(BackendException.class, () -> read(members + ",", WireOptions.DEFAULT));

        assertThat(refusal).hasMessage(message);
        assertThat(refusal.code()).hasValue(code);
        assertThat(refusal.parameter()).hasValue(path);
    }

    @Test
    void callsAndTheirResultsGoBackIntoTheConversation() {
        WireRequest request = conversation("""
                {"role":"user","content":"time?"},
                {"role":"assistant","content":null,"reasoning":"hm","tool_calls":[
                  {"id":"a","type":"function","function":{"name":"now","arguments":"{not json"}},
                  {"id":"b","function":{"name":"zone","arguments":""}}]},
                {"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"C"},{"type":"text","text":"ET"}]},
                {"role":"tool","tool_call_id":"a","content":"12:00","name":"now"}""");

        assertThat(((Prompt.Chat) request.completion().prompt()).messages())
                .containsExactly(
                        new Message.User("time?"),
                        new Message.Assistant(
                                "",
                                "hm",
                                List.of(new ToolCall("a", "now", "{not json"), new ToolCall("b", "zone", ""))),
                        new Message.ToolResult("b", "CET"),
                        new Message.ToolResult("a", "12:00"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"role":"tool","tool_call_id":"a","content":"x"} | messages[0].tool_call_id | messages[0].tool_call_id is 'a', expected the id of a call in an assistant message before it
            {"role":"tool","content":"x"} | messages[0].tool_call_id | messages[0].tool_call_id is missing
            {"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]} | messages[0].tool_calls[0].id | messages[0].tool_calls[0].id is missing
            {"role":"assistant","tool_calls":[{"id":" ","function":{"name":"f","arguments":"{}"}}]} | messages[0].tool_calls[0].id | messages[0].tool_calls[0].id is blank
            {"role":"assistant","tool_calls":[{"id":"a","type":"custom"}]} | messages[0].tool_calls[0].type | messages[0].tool_calls[0].type is 'custom', which is not supported
            {"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]} | messages[0].tool_calls[0].function.arguments | messages[0].tool_calls[0].function.arguments is an object, expected a string
            {"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}}]} | messages[0].tool_calls[0].function.arguments | messages[0].tool_calls[0].function.arguments is missing
            """)
    void aConversationThatMakesNoSenseIsRefusedByItsPath(String message, String path, String words) {
        BackendException refusal = catchThrowableOfType(BackendException.class, () -> conversation(message));

        assertThat(refusal).hasMessage(words);
        assertThat(refusal.parameter()).hasValue(path);
    }

    private static Tools tools(String members) {
        return ((Prompt.Chat) read(members, WireOptions.DEFAULT).completion().prompt()).tools();
    }

    private static WireRequest conversation(String messages) {
        return WireRequest.read(
                Endpoint.CHAT,
                ("{\"model\":\"m\",\"messages\":[" + messages + "]}").getBytes(UTF_8),
                WireOptions.DEFAULT);
    }

    private static WireRequest read(String members, WireOptions options) {
        return WireRequest.read(
                Endpoint.CHAT,
                "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                        .formatted(members)
                        .getBytes(UTF_8),
                options);
    }
}
