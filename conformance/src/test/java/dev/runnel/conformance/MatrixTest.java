package dev.runnel.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every client reads every scenario right, each in every way it has.
class MatrixTest {

    private static ScriptedServer server;

    @BeforeAll
    static void serve() {
        server = new ScriptedServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    Stream<DynamicTest> everyClientReadsWhatTheBackendSaid() {
        return Clients.all()
                .flatMap(client -> Stream.of(Scenario.values())
                        .filter(client::asks)
                        .map(scenario -> dynamicTest(
                                client.title() + ": " + scenario.message,
                                () -> assertThat(read(client, Client.Order.of(scenario)))
                                        .isEqualTo(scenario.expected().only(client.tells())))));
    }

    private static Reading read(Client client, Client.Order order) throws Exception {
        return client.read(server.uri(), order).only(client.tells());
    }
}
