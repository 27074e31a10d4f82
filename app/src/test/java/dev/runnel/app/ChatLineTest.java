package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatLineTest {

    @ParameterizedTest
    @ValueSource(strings = {"hi", "what is /help?", "/etc/hosts is missing", "/2 is a half", "二 / 一", "a\nb"})
    void textIsSaid(String text) {
        assertThat(ChatLine.of(text)).isEqualTo(new ChatLine.Say(text));
    }

    @Test
    void commandsStartWithASlash() {
        assertThat(ChatLine.of("/help")).isEqualTo(new ChatLine.Help());
        assertThat(ChatLine.of(" /clear ")).isEqualTo(new ChatLine.Clear());
        assertThat(ChatLine.of("/exit")).isEqualTo(new ChatLine.Exit());
        assertThat(ChatLine.of("/system")).isEqualTo(new ChatLine.Instruct(""));
        assertThat(ChatLine.of("/system Be brief.\nBe kind.")).isEqualTo(new ChatLine.Instruct("Be brief.\nBe kind."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/hlep", "/", "/clearall"})
    void aCommandThatIsNoneIsNotSentToTheModel(String line) {
        assertThat(ChatLine.of(line)).isEqualTo(new ChatLine.Unknown(line));
        assertThat(ChatLine.of(line + " now")).isEqualTo(new ChatLine.Unknown(line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\t"})
    void blankLinesSayNothing(String line) {
        assertThat(ChatLine.of(line)).isEqualTo(new ChatLine.Nothing());
    }
}
