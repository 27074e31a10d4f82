package dev.runnel.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// `runnel` alone, which only leads to the commands.
@Command(
        name = "runnel",
        header = "Completions from local models, in pure Java, the way OpenAI's clients expect them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisHeading = "%nUsage: ",
        descriptionHeading = "",
        parameterListHeading = "%nArgument:%n",
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it is done",
            "1:it can't be done, or broke off; one sentence on standard error says why",
            "2:an option or argument makes no sense",
            "130:ended by Ctrl-C",
            "141:nobody read its output any more"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  runnel serve                            a server with the demonstration model it carries",
            "  runnel serve --model qwen3-4b.gguf      a server with a model of yours",
            "  runnel serve --models DIR               a server with all models of a folder",
            "  runnel pull OWNER/REPO:Q4_K_M           fetch a model from Hugging Face",
            "  runnel chat --model qwen3-4b.gguf       a conversation in the terminal",
            "  runnel complete \"1+1=?\"                 one reply, printed as it is made",
            "  runnel compare f16.gguf q4_k_m.gguf     what a quantisation costs",
            "  runnel bench http://127.0.0.1:8080/v1   how a server answers under load",
            "  runnel notebook                         what streaming gives, shown on this machine",
            "",
            "Every option can be set in the environment: --max-tokens is RUNNEL_MAX_TOKENS, and so each. The",
            "command line wins. `runnel help COMMAND` tells about one command."
        })
final class RunnelCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Option(
            names = "--debug",
            hidden = true,
            scope = ScopeType.INHERIT,
            description = "Tell where in the program a failure came from.")
    boolean debug;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "it needs a command: serve, chat, complete, pull, inspect, tokenize, detokenize, render, score,"
                        + " compare, bench or notebook");
    }
}
