package dev.runnel.conformance;

import java.util.stream.Stream;

/// All clients in all their ways.
final class Clients {

    private Clients() {}

    static Stream<Client> all() {
        return Stream.concat(inTheJvm(), NodeClients.all().stream());
    }

    static boolean isInNode(Client client) {
        return inTheJvm().noneMatch(client::equals);
    }

    static Stream<Client> inTheJvm() {
        return Stream.<Stream<Client>>of(
                        Stream.of(OpenAiJava.values()),
                        Stream.of(LangChain4j.values()),
                        Stream.of(SpringAi.values()),
                        Stream.of(OpenAiPython.values()))
                .flatMap(clients -> clients);
    }
}
