package dev.runnel.wire;

import dev.runnel.core.OutputFormat;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads the tools of a request, what the model may do with them, and the format its reply has to have.
///
/// Chat completions wrap a function in a member of its own, responses spread it out; all else is the same.
///
/// @param spread whether functions, choices and schemas stand where their type stands
record ToolsReader(boolean spread) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /// What a tool without parameters takes.
    private static final String NO_PARAMETERS = """
            {"type":"object","properties":{},"additionalProperties":false}""";

    /// Of the schema that llama.cpp's users put beside `json_object`, where there is no place for a name.
    private static final String NO_NAME = "response";

    Tools tools(Node body) {
        List<Tool> offered = offered(body.find("tools"));
        boolean parallel = body.find("parallel_tool_calls").map(Node::flag).orElse(true);
        Optional<Node> choice = body.find("tool_choice");
        if (offered.isEmpty()) {
            choice.filter(asked -> !callsNothing(asked)).ifPresent(asked -> {
                throw asked.invalid("tool_choice asks for a call, but there are no tools");
            });
            return Tools.NONE;
        }
        Set<String> all = new LinkedHashSet<>();
        offered.forEach(tool -> all.add(tool.name()));
        if (choice.isEmpty()) {
            return new Tools(offered, Tools.Use.AUTO, all, parallel);
        }
        return chosen(choice.get(), offered, all, parallel);
    }

    private Tools chosen(Node choice, List<Tool> offered, Set<String> all, boolean parallel) {
        return switch (choice.json()) {
            case Json.Str(var word) ->
                switch (word) {
                    case "none" -> new Tools(offered, Tools.Use.NONE, Set.of(), parallel);
                    case "auto" -> new Tools(offered, Tools.Use.AUTO, all, parallel);
                    case "required" -> new Tools(offered, Tools.Use.REQUIRED, all, parallel);
                    default -> throw choice.expected("none, auto, required or an object");
                };
            case Json.Obj _ -> {
                Node type = choice.get("type");
                yield switch (type.text()) {
                    case "function" -> new Tools(offered, Tools.Use.NAMED, Set.of(offeredName(choice, all)), parallel);
                    case "allowed_tools" ->
                        allowed(spread ? choice : choice.get("allowed_tools"), offered, all, parallel);
                    default -> throw type.unsupportedValue("'" + Node.shortened(type.text()) + "'");
                };
            }
            case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ -> throw choice.wrongType("a string or an object");
        };
    }

    private Tools allowed(Node allowed, List<Tool> offered, Set<String> all, boolean parallel) {
        Node mode = allowed.get("mode");
        Tools.Use use = switch (mode.text()) {
            case "auto" -> Tools.Use.AUTO;
            case "required" -> Tools.Use.REQUIRED;
            default -> throw mode.expected("auto or required");
        };
        Set<String> names = new LinkedHashSet<>();
        for (Node tool : allowed.get("tools").nonEmpty()) {
            requireFunction(tool);
            names.add(offeredName(tool, all));
        }
        return new Tools(offered, use, names, parallel);
    }

    private String offeredName(Node reference, Set<String> offered) {
        Node name = function(reference).get("name");
        if (!offered.contains(name.text())) {
            throw name.invalid(
                    "%s is '%s', which is none of the tools".formatted(name.path(), Node.shortened(name.text())));
        }
        return name.text();
    }

    static boolean callsNothing(Node choice) {
        return switch (choice.json()) {
            case Json.Str(var word) ->
                switch (word) {
                    case "none", "auto" -> true; // without tools both mean the same
                    case "required" -> false;
                    default -> throw choice.expected("none, auto, required or an object");
                };
            case Json.Obj _ -> false;
            case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ -> throw choice.wrongType("a string or an object");
        };
    }

    private List<Tool> offered(Optional<Node> tools) {
        List<Tool> offered = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (Node node : tools.map(Node::elements).orElse(List.of())) {
            requireFunction(node);
            Node function = function(node);
            Node name = function.get("name");
            requireName(name);
            if (!names.add(name.text())) {
                throw name.invalid("%s is '%s', which another tool has already".formatted(name.path(), name.text()));
            }
            offered.add(new Tool(
                    name.text(),
                    function.find("description").map(Node::text).orElse(""),
                    function.find("parameters").map(Node::objectText).orElse(NO_PARAMETERS),
                    function.flag("strict")));
        }
        return offered;
    }

    private static void requireFunction(Node tool) {
        Node type = tool.get("type");
        if (!type.text().equals("function")) {
            throw tool.unsupportedValue("a tool of type '%s'".formatted(Node.shortened(type.text())));
        }
    }

    private Node function(Node wrapper) {
        return spread ? wrapper : wrapper.get("function");
    }

    private static void requireName(Node name) {
        if (!NAME.matcher(name.text()).matches()) {
            throw name.expected("1 to 64 letters, digits, _ and -");
        }
    }

    /// @param format the member that asks for a format
    OutputFormat format(Node format) {
        Node type = format.get("type");
        return switch (type.text()) {
            case "text" -> OutputFormat.FREE;
            case "json_object" ->
                format.find("schema")
                        .map(Node::objectText)
                        .filter(schema -> !schema.equals("{}"))
                        .<OutputFormat>map(schema -> new OutputFormat.JsonSchema(NO_NAME, "", schema, false))
                        .orElse(new OutputFormat.JsonObject());
            case "json_schema" -> {
                Node wanted = spread ? format : format.get("json_schema");
                requireName(wanted.get("name"));
                yield new OutputFormat.JsonSchema(
                        wanted.get("name").text(),
                        wanted.find("description").map(Node::text).orElse(""),
                        wanted.find("schema").map(Node::objectText).orElse("{}"),
                        wanted.flag("strict"));
            }
            default -> throw type.expected("text, json_object or json_schema");
        };
    }
}
