package dev.runnel.app;

import dev.runnel.relay.Retries;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/// The servers that are relayed, and what their models are called here.
///
/// Keys come from the environment alone: a command line is seen by everyone on the machine.
final class UpstreamFlags {

    private static final String KEY_VARIABLE = "RUNNEL_UPSTREAM_KEY_";

    /// What a host may be called, too.
    private static final String NAME = "([A-Za-z0-9_\\[][A-Za-z0-9._:\\[\\]-]*)";

    private static final Pattern NAMED = Pattern.compile(NAME + "=(.+)");
    private static final Pattern MODEL = Pattern.compile("(?:([^=]+)=)?" + NAME + "/(.+)");

    @Option(
            names = "--upstream",
            paramLabel = "[NAME=]URL",
            split = ",",
            hideParamSyntax = true,
            description = "Relay the server at this address, such as openai=https://api.openai.com/v1; h2c:// is "
                    + "HTTP/2 without TLS. May be given several times, and beside --model. NAME is the host unless "
                    + "given. Its key is RUNNEL_UPSTREAM_KEY_NAME in the environment, the name in capitals with _ "
                    + "for all but letters and digits.")
    List<String> upstreams = List.of();

    @Option(
            names = "--upstream-model",
            paramLabel = "[ID=]NAME/MODEL",
            split = ",",
            hideParamSyntax = true,
            description = "Serve the MODEL of upstream NAME as ID, or under its own name. An upstream of which models "
                    + "are named serves these and no others, and is not asked for its list. Of two upstreams that "
                    + "list the same model the first is asked; one that is named here goes before. May be given "
                    + "several times.")
    List<String> models = List.of();

    @Option(
            names = "--upstream-retries",
            paramLabel = "N",
            defaultValue = "2",
            description = "How often a request is sent to an upstream again that refused it for the moment or could "
                    + "not be reached, before anything has come of it. Default: 2.")
    int retries;

    /// One server to relay.
    ///
    /// @param options with its models, if any are named
    record NamedUpstream(String name, URI url, Optional<String> key, UpstreamOptions options) {

        boolean namesModels() {
            return !options.models().isEmpty();
        }

        void require() {
            try {
                Upstream.require(url, key);
            } catch (IllegalArgumentException refused) {
                throw new IllegalArgumentException("--upstream %s: %s".formatted(name, refused.getMessage()), refused);
            }
        }
    }

    /// Those of which models are named go first.
    ///
    /// @throws IllegalArgumentException if the flags don't fit together
    List<NamedUpstream> upstreams(Map<String, String> environment) {
        Retries times = Retries.DEFAULT.withMost(retries);
        Map<String, URI> urls = urls();
        Map<String, Map<String, String>> mappings = mappings(urls.keySet());
        List<NamedUpstream> named = urls.entrySet().stream()
                .map(upstream -> new NamedUpstream(
                        upstream.getKey(),
                        upstream.getValue(),
                        Optional.ofNullable(environment.get(variable(upstream.getKey())))
                                .filter(key -> !key.isBlank()),
                        UpstreamOptions.DEFAULT
                                .withModels(mappings.getOrDefault(upstream.getKey(), Map.of()))
                                .withRetries(times)))
                .sorted((one, other) -> Boolean.compare(other.namesModels(), one.namesModels()))
                .toList();
        named.forEach(NamedUpstream::require);
        return named;
    }

    private Map<String, URI> urls() {
        Map<String, URI> urls = new LinkedHashMap<>();
        Set<String> variables = new LinkedHashSet<>();
        for (String upstream : upstreams) {
            Matcher named = NAMED.matcher(upstream);
            boolean hasName = named.matches();
            URI url = URI.create(hasName ? named.group(2) : upstream);
            String name = hasName ? named.group(1) : host(url).orElse(upstream);
            if (!variables.add(variable(name))) {
                throw new IllegalArgumentException(
                        "--upstream has two servers named %s, expected NAME=URL with names of their own"
                                .formatted(name));
            }
            urls.put(name, url);
        }
        return urls;
    }

    /// Also one with an underscore, where [URI#getHost] sees none.
    private static Optional<String> host(URI url) {
        return Optional.ofNullable(url.getRawAuthority()).map(authority -> authority.replaceAll("^.*@|:\\d*$", ""));
    }

    /// The names of models at each upstream, by their ids here.
    private Map<String, Map<String, String>> mappings(Set<String> names) {
        Map<String, Map<String, String>> mappings = new LinkedHashMap<>();
        Set<String> ids = new LinkedHashSet<>();
        for (String model : models) {
            Matcher parts = MODEL.matcher(model);
            if (!parts.matches()) {
                throw new IllegalArgumentException("--upstream-model is %s, expected [ID=]NAME/MODEL".formatted(model));
            }
            String name = parts.group(2);
            String theirs = parts.group(3);
            String id = Optional.ofNullable(parts.group(1)).orElse(theirs);
            if (!names.contains(name)) {
                throw new IllegalArgumentException("--upstream-model %s is of no --upstream; there is %s"
                        .formatted(model, names.isEmpty() ? "none" : String.join(", ", names)));
            }
            if (!ids.add(id)) {
                throw new IllegalArgumentException("--upstream-model serves two models as %s".formatted(id));
            }
            mappings.computeIfAbsent(name, _ -> new LinkedHashMap<>()).put(id, theirs);
        }
        return mappings;
    }

    /// Where the key of an upstream is.
    private static String variable(String name) {
        return KEY_VARIABLE + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }
}
