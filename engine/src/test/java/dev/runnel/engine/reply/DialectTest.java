package dev.runnel.engine.reply;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DialectTest {

    @Test
    void aTemplateShowsHowItsModelReasons() {
        assertThat(Dialect.of("{{ message.content.split('</think>')[-1] }}").reasoning())
                .contains(new Dialect.Reasoning("<think>", "</think>"));
        assertThat(Dialect.of("{{ message.content }}").reasoning()).isEmpty();
    }

    @Test
    void aTemplateShowsHowItsModelCallsTools() {
        assertThat(Dialect.of("<tool_call>\n{\"name\": ").calls()).isEqualTo(CallSyntax.HERMES);
        assertThat(Dialect.of("[TOOL_CALLS][").calls()).isInstanceOf(CallSyntax.Enclosed.class);
        assertThat(Dialect.of("[TOOL_CALLS]{{ name }}[ARGS]").calls()).isInstanceOf(CallSyntax.Titled.class);
        assertThat(Dialect.of("Environment: ipython {\"name\": , \"parameters\": }")
                        .calls())
                .isInstanceOf(CallSyntax.Bare.class);
        assertThat(Dialect.of("<function=f>{}</function>").calls()).isInstanceOf(CallSyntax.Named.class);
        assertThat(Dialect.of("<|channel|>commentary <|call|>").calls()).isInstanceOf(CallSyntax.Channels.class);
        assertThat(Dialect.of("<|im_start|>").calls()).isEqualTo(CallSyntax.UNKNOWN);
    }
}
