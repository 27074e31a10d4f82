package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Templates come with downloaded files. Whatever one tries, it ends in one sentence, on a small stack and
/// soon.
class HostileTemplateTest {

    /// Half of what a thread usually has.
    private static final int STACK_BYTES = 512 * 1024;

    private static final String DEEP = "goes deeper than";
    private static final String STEPS = "steps";
    private static final String TEXT = "characters of text";
    private static final String NESTED = "nests deeper";

    static Stream<Arguments> attacks() {
        String doubled =
                "{% set ns = namespace(x=START) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}";
        String nested =
                "{% set ns = namespace(x=1) %}{% for i in range(5000) %}{% set ns.x = OPEN ns.x CLOSE %}{% endfor %}";
        String shared = "{% set ns = namespace(x=1, y=1) %}{% for i in range(60) %}"
                + "{% set ns.x = (ns.x, ns.x) %}{% set ns.y = (ns.y, ns.y) %}{% endfor %}";
        String list = nested.replace("OPEN", "[").replace("CLOSE", "]");
        String tuple = nested.replace("OPEN", "(").replace("CLOSE", ",)");
        String dict = nested.replace("OPEN", "{1:").replace("CLOSE", "}");
        String itself = "{% set l = [] %}{% set _ = l.append(l) %}";
        String million = "{% set s = 'a' * 1000000 %}";
        return Stream.of(
                arguments("a macro without end", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", DEEP),
                arguments(
                        "two macros without end",
                        "{% macro a() %}{% if 1 %}{{ b() }}{% endif %}{% endmacro %}"
                                + "{% macro b() %}{% for x in [1] %}{{ a() }}{% endfor %}{% endmacro %}{{ a() }}",
                        DEEP),
                arguments(
                        "a macro that calls itself twice",
                        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
                        STEPS),
                arguments("a default that calls its macro", "{% macro m(x=m()) %}{% endmacro %}{{ m() }}", DEEP),
                arguments(
                        "a caller without end",
                        "{% macro m() %}{{ caller() }}{% endmacro %}"
                                + "{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}{{ n() }}",
                        DEEP),
                arguments("a loop in itself", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", DEEP),
                arguments(
                        "loops in loops",
                        "{% set r = range(100000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
                        STEPS),
                arguments(
                        "a loop's condition",
                        "{% set r = range(9999) %}{% for a in r %}{% for b in r if b < 0 %}{% endfor %}{% endfor %}",
                        STEPS),
                arguments("a range too long", "{{ range(1000000000) }}", "more than 100000"),
                arguments("a range of negative step", "{{ range(2147483647, -2147483647, -1) }}", "more than 100000"),
                arguments("a string doubled", doubled.replace("START", "'ab'"), TEXT),
                arguments("a list doubled", doubled.replace("START", "[1]"), TEXT),
                arguments("a tuple doubled", doubled.replace("START", "(1,)"), TEXT),
                arguments(
                        "an integer squared",
                        doubled.replace("START", "3").replace("ns.x + ns.x", "ns.x * ns.x"),
                        "digits"),
                arguments("a string repeated", "{{ 'a' * 10**9 }}", TEXT),
                arguments("a string repeated more often than an int holds", "{{ 'a' * 10**30 }}", TEXT),
                arguments("a list repeated", "{{ [0] * 10**9 }}", TEXT),
                arguments("a tuple repeated", "{{ 10**9 * (0, 1) }}", TEXT),
                arguments("a power", "{{ 10**(10**10) }}", "digits"),
                arguments("a tower of powers", "{{ 2**4000**4 }}", "digits"),
                arguments("a wide field", "{{ '%999999999d' % 1 }}", TEXT),
                arguments("a centred string", "{{ 'a'.center(10**9) }}", TEXT),
                arguments("zeros", "{{ '1'.zfill(10**9) }}", TEXT),
                arguments("an indent", "{{ 'a' | indent(10**9) }}", TEXT),
                arguments("an indent on many lines", "{{ ('\\n' * 20000) | indent(20000, blank=true) }}", TEXT),
                arguments("an indent of JSON", "{{ [1] | tojson(indent=10**9) }}", TEXT),
                arguments("a separator of JSON", "{{ range(20000) | tojson(separators=('a' * 20000, ':')) }}", TEXT),
                arguments("a replacement", million + "{{ s.replace('', s) }}", TEXT),
                arguments("a join", million + "{{ s.join(range(1000) | map('string')) }}", TEXT),
                arguments("a batch", "{{ [1] | batch(10**9, 0) }}", TEXT),
                arguments("slices", "{{ [1] | slice(10**9) }}", TEXT),
                arguments(
                        "a million letters as a list, often",
                        million + "{% for i in range(99) %}{{ s | list | length }}{% endfor %}",
                        TEXT),
                arguments(
                        "strings kept",
                        "{% set l = [] %}{% for i in range(999) %}{% set _ = l.append('a' * 1000000 ~ i) %}{% endfor %}",
                        TEXT),
                arguments("much printed", million + "{% for i in range(9999) %}{{ s }}{% endfor %}", TEXT),
                arguments("a search", "{% set s = 'a' * 5000000 %}{{ ('a' * 1000000 ~ 'b') in s }}", STEPS),
                arguments("many searches", million + "{% for i in range(100000) %}{{ 'ab' in s }}{% endfor %}", STEPS),
                arguments(
                        "many comparisons",
                        million + "{% set t = 'a' * 1000000 %}{% for i in range(99999) %}{{ s == t }}{% endfor %}",
                        STEPS),
                arguments(
                        "many tests for small letters",
                        million + "{% for i in range(99999) %}{{ s is lower }}{% endfor %}",
                        STEPS),
                arguments(
                        "many tests for capitals",
                        million + "{% for i in range(99999) %}{{ s is upper }}{% endfor %}",
                        STEPS),
                arguments(
                        "many tests for the same",
                        million
                                + "{% set t = 'a' * 1000000 %}{% for i in range(99999) %}{{ s is sameas t }}{% endfor %}",
                        STEPS),
                arguments("many prefixes", million + "{{ s.startswith((s,) * 100000) }}", STEPS),
                arguments("a strip of many letters", million + "{{ s.strip('b' * 1000000 ~ 'a') }}", STEPS),
                arguments("long strings sorted", "{{ (['A' * 1000000] * 100000) | sort }}", TEXT),
                arguments("a long path", "{{ range(99999) | map(attribute='a.' * 100000) }}", "has no attribute"),
                arguments("a nested list printed", list + "{{ ns.x }}", DEEP),
                arguments("a nested list as JSON", list + "{{ ns.x | tojson }}", DEEP),
                arguments("nested lists compared", list + "{% set y = ns.x %}" + list + "{{ y == ns.x }}", DEEP),
                arguments("nested lists ordered", list + "{% set y = ns.x %}" + list + "{{ y < ns.x }}", DEEP),
                arguments("a nested tuple as a key", tuple + "{{ {ns.x: 1} }}", DEEP),
                arguments("a nested mapping printed", dict + "{{ ns.x }}", DEEP),
                arguments("a nested mapping as JSON", dict + "{{ ns.x | tojson }}", DEEP),
                arguments("a list in itself printed", itself + "{{ l }}", DEEP),
                arguments("a list in itself as JSON", itself + "{{ l | tojson }}", DEEP),
                arguments("lists in each other compared", itself + "{% set m = [l] %}{{ l == m }}", DEEP),
                arguments(
                        "a list that grows in its loop",
                        "{% set l = [1] %}{% for x in l %}{% set _ = l.append(1) %}{% endfor %}",
                        ""),
                arguments(
                        "a list that grows in its condition",
                        "{% set l = [1] %}{% for x in l if l.append(1) %}{% endfor %}",
                        ""),
                arguments(
                        "a list that extends itself",
                        "{% set l = [1] %}{% for x in range(99) %}{% set _ = l.extend(l) %}{% endfor %}",
                        TEXT),
                arguments(
                        "a list emptied from its front",
                        "{% set l = range(90000) | list %}{% for i in range(90000) %}{% set _ = l.pop(0) %}{% endfor %}",
                        TEXT),
                arguments(
                        "a list whose first elements are removed",
                        "{% set l = range(90000) | list %}{% for i in range(90000) %}{% set _ = l.remove(i) %}{% endfor %}",
                        TEXT),
                arguments("a list in itself flattened", itself + "{{ l | sum(start=[]) | sort }}", ""),
                arguments("a namespace in itself", "{% set n = namespace() %}{% set n.n = n %}{{ n }}", DEEP),
                arguments("a shared tuple printed", shared + "{{ ns.x }}", ""),
                arguments("shared tuples compared", shared + "{{ ns.x == ns.y }}", STEPS),
                arguments("a shared tuple as a key", shared + "{{ {ns.x: 1} }}", TEXT),
                arguments("parentheses", "{{ " + "(".repeat(20_000) + "1" + ")".repeat(20_000) + " }}", NESTED),
                arguments("brackets", "{{ " + "[".repeat(20_000) + "]".repeat(20_000) + " }}", NESTED),
                arguments("braces", "{{ " + "{1:".repeat(20_000) + "}".repeat(20_000) + " }}", NESTED),
                arguments("calls", "{{ " + "f(".repeat(20_000) + ")".repeat(20_000) + " }}", NESTED),
                arguments("items", "{{ " + "f[".repeat(20_000) + "]".repeat(20_000) + " }}", NESTED),
                arguments("negations", "{{ " + "not ".repeat(20_000) + "1 }}", NESTED),
                arguments("signs", "{{ " + "-".repeat(20_000) + "1 }}", NESTED),
                arguments("conditions", "{{ " + "1 if 1 else ".repeat(20_000) + "1 }}", NESTED),
                arguments("targets", "{% set " + "(".repeat(20_000) + ")".repeat(20_000) + " %}", NESTED),
                arguments("blocks", "{% if 1 %}".repeat(20_000), NESTED),
                arguments("loops", "{% for x in [1] %}".repeat(20_000), NESTED),
                arguments("a long sum", "{{ 1" + "+1".repeat(20_000) + " }}", DEEP),
                arguments("a long disjunction", "{{ 0" + " or 0".repeat(20_000) + " }}", DEEP),
                arguments("a long chain of attributes", "{{ x" + ".x".repeat(20_000) + " }}", DEEP),
                arguments("a long chain of filters", "{{ x" + "|e".repeat(20_000) + " }}", DEEP),
                arguments("a long chain of tests", "{{ x" + " is defined".repeat(20_000) + " }}", DEEP),
                arguments(
                        "a list that shrinks in its condition",
                        "{% set l = [1, 2] %}{% for x in l if l.pop() %}{{ x }}{% endfor %}{{ y.z }}",
                        "undefined"),
                arguments(
                        "a list that shrinks in its loop",
                        "{% set l = [1, 2, 3] %}{% for x in l %}{% set _ = l.clear() %}{{ x }}{% endfor %}{{ y.z }}",
                        "undefined"),
                arguments("a long name", "{{ " + "x".repeat(1000) + " }}", "a name has more than 200 characters"),
                arguments(
                        "a long key that is missing",
                        million + "{% for i in range(100000) %}{{ 1[s] is defined }}{% endfor %}{{ {}[s].x }}",
                        "has no attribute"),
                arguments("a long number where none may be", "{{ x " + "9".repeat(1000) + " }}", "found '999"),
                arguments("a number of many digits", "{{ " + "9".repeat(10_000) + " }}", "digits"),
                arguments("a source too long", "a".repeat(1_000_001), "1000001 characters"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void everyAttackEndsInOneSentence(String name, String source, String found) throws InterruptedException {
        // A tenth of what a rendering may take, so that the tests are quick.
        Throwable thrown = thrownOnSmallStack(source, new Budget(Budget.STEPS / 10, Budget.CHARACTERS / 10));

        assertThat(thrown).as(name).isInstanceOf(TemplateException.class).hasMessageContaining(found);
        assertThat(thrown.getMessage())
                .as(name)
                .startsWith("chat template 'hostile', line ")
                .hasSizeLessThan(300);
    }

    private static Throwable thrownOnSmallStack(String source, Budget budget) throws InterruptedException {
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> thrown.set(catchThrowable(
                        () -> ChatTemplate.compile("hostile", source).text(Map.of(), budget))),
                "small stack",
                STACK_BYTES);
        thread.start();
        thread.join();
        return thrown.get();
    }

    @Test
    void aRenderingMayTakeAMillionStepsButNotAnyNumber() throws InterruptedException {
        String loops = "{% set r = range(1000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}ended";
        String search = "{% set s = 'a' * 5000000 %}{{ ('a' * 1000000 ~ 'b') in s }}";

        assertThat(ChatTemplate.compile("test", loops).render(Map.of())).isEqualTo("ended");
        assertThat(thrownOnSmallStack(search, new Budget())).hasMessageContaining("more than 20000000 steps");
    }

    @Test
    void whatIsOnlyLargeIsRendered() {
        String many = "{% set l = [" + "1,".repeat(20_000) + "] %}{{ l | length }}";
        String branches = "{% if 0 %}" + "{% elif 0 %}".repeat(10_000) + "{% else %}last{% endif %}";
        String joined = "{{ ''" + " ~ 'a'".repeat(10_000) + " }}";

        assertThat(ChatTemplate.compile("large", many).render(Map.of())).isEqualTo("20000");
        assertThat(ChatTemplate.compile("large", branches).render(Map.of())).isEqualTo("last");
        assertThat(ChatTemplate.compile("large", joined).render(Map.of())).hasSize(10_000);
    }

    @Test
    void aTextOfManyOriginsIsTakenApartQuickly() {
        String source = "{% set t = u.replace('a', '-') %}{{ t | list | length }} {{ t.split('b') | length }}";

        String rendered = ChatTemplate.compile("test", source).render(Map.of("u", "ab".repeat(200_000)));

        assertThat(rendered).isEqualTo("400000 200001");
    }

    @Test
    void aVariableThatContainsItselfIsRefused() {
        List<Object> itself = new ArrayList<>();
        itself.add(itself);

        Throwable thrown =
                catchThrowable(() -> ChatTemplate.compile("test", "{{ x }}").render(Map.of("x", itself)));

        assertThat(thrown).isInstanceOf(TemplateException.class).hasMessageContaining("nests deeper than 100");
    }
}
