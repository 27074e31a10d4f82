package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ToolsTest {

    private static final Tool ADD = new Tool("add", "", "{}", false);
    private static final Tool NOW = new Tool("now", "", "{}", false);

    @Test
    void offeredToolsMayAllBeCalled() {
        Tools tools = Tools.auto(List.of(ADD, NOW));

        assertThat(tools.use()).isEqualTo(Tools.Use.AUTO);
        assertThat(tools.allows("now")).isTrue();
        assertThat(tools.allows("later")).isFalse();
        assertThat(Tools.auto(List.of())).isEqualTo(Tools.NONE);
    }

    @Test
    void aToolThatIsNotOfferedCannotBeAllowed() {
        assertThatThrownBy(() -> new Tools(List.of(ADD), Tools.Use.NAMED, Set.of("later"), true))
                .hasMessage("the tool 'later' is not offered");
    }

    @Test
    void twoToolsOfOneNameAreRefused() {
        assertThatThrownBy(() -> Tools.auto(List.of(ADD, ADD))).hasMessage("two tools have the same name");
    }

    @Test
    void aForcedCallNeedsATool() {
        assertThatThrownBy(() -> new Tools(List.of(), Tools.Use.REQUIRED, Set.of(), true))
                .hasMessage("0 tools are allowed under REQUIRED");
        assertThatThrownBy(() -> new Tools(List.of(ADD, NOW), Tools.Use.NAMED, Set.of("add", "now"), true))
                .hasMessage("2 tools are allowed under NAMED");
    }
}
