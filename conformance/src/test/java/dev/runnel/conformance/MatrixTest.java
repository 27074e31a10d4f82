package dev.runnel.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
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

    @TestFactory
    Stream<DynamicTest> usageIsToldOnlyToThoseWhoAskForIt() {
        return Clients.all()
                .filter(client -> client.streams() && !client.asksForUsage())
                .map(client -> dynamicTest(client.title(), () -> {
                    Client.Order order = Client.Order.of(Scenario.PLAIN).withoutUsage();

                    assertThat(read(client, order))
                            .isEqualTo(Scenario.PLAIN.expected().withoutUsage().only(client.tells()));
                }));
    }

    @Test
    void aRefusalInAWholeReplyIsAnExceptionOfLangChain4j() {
        assertThatThrownBy(() -> read(LangChain4j.WHOLE, Client.Order.of(Scenario.REFUSAL)))
                .hasMessage("I can't do that.");
    }

    @Test
    void aModelWhoseNameHasASlashIsFound() throws Exception {
        assertThat(OpenAiJava.client(server.uri(), 0)
                        .models()
                        .retrieve(ScriptedServer.SLASHED_MODEL)
                        .id())
                .isEqualTo(ScriptedServer.SLASHED_MODEL);
        assertThat(NodeClients.run("model by name", server.uri(), ScriptedServer.SLASHED_MODEL)
                        .asText())
                .isEqualTo(ScriptedServer.SLASHED_MODEL);
    }

    private static Reading read(Client client, Client.Order order) throws Exception {
        return client.read(server.uri(), order).only(client.tells());
    }
}
