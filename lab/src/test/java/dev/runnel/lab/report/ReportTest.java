package dev.runnel.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {

    private static final String HOSTILE = "<script>alert('x')</script> & \"quoted\" \033[2J \uD800";

    @ParameterizedTest
    @EnumSource
    void thePageStandsForItselfInItsLanguage(Language language) throws Exception {
        Section section = new Section(
                "All kinds",
                Stream.concat(
                                Stream.of(
                                        new Prose("a\nb"),
                                        new Prose("said", Prose.Kind.QUOTATION),
                                        new Prose("broke", Prose.Kind.FAILURE),
                                        new Table("", List.of("a"), List.of(List.of("1")))),
                                charts(Numbers.of(0.5, 0.25, 0.75)))
                        .toList());

        String html = new Report(language, "Title", "lead", List.of(section)).html();

        Element root = parsed(html).getDocumentElement();
        assertThat(root.getAttribute("lang")).isEqualTo(language.tag());
        assertThat(texts(root, "h1")).containsExactly("Title");
        assertThat(root.getElementsByTagName("svg").getLength()).isEqualTo(4);
        assertThat(html).startsWith("<!DOCTYPE html>").contains("prefers-color-scheme: dark");
        assertThat(html)
                .as("nothing from elsewhere")
                .doesNotContain("http:", "https:", "src=", "href=", "url(", "@import");
        assertThat(html).as("no scripts").doesNotContain("<script");
    }

    @Test
    void textIsNeverMarkup() throws Exception {
        Numbers one = Numbers.of(1);
        Timelines.Stream broken = new Timelines.Stream(HOSTILE, 0, one, 2, Optional.of(HOSTILE));
        Axis axis = Axis.time(HOSTILE);
        Report report = new Report(
                Language.ENGLISH,
                HOSTILE,
                HOSTILE,
                List.of(new Section(
                        HOSTILE,
                        new Prose(HOSTILE),
                        new Table(HOSTILE, List.of(HOSTILE), List.of(List.of(HOSTILE))),
                        new Timelines(HOSTILE, HOSTILE, axis, List.of(broken)),
                        new Distribution(HOSTILE, HOSTILE, axis, List.of(new Distribution.Series(HOSTILE, one))),
                        new Lines(
                                HOSTILE,
                                HOSTILE,
                                axis,
                                axis,
                                List.of(new Lines.Series(HOSTILE, one, one, List.of(HOSTILE)))),
                        new Bars(HOSTILE, HOSTILE, axis, List.of(HOSTILE), List.of(new Bars.Bar(HOSTILE, one))))));

        Document page = parsed(report.html());

        assertThat(page.getElementsByTagName("script").getLength()).isZero();
        assertThat(texts(page.getDocumentElement(), "h1"))
                .containsExactly("<script>alert('x')</script> & \"quoted\" \uFFFD[2J \uFFFD");
    }

    @ParameterizedTest
    @MethodSource("everyChartOfEverySize")
    void aChartOfAnyNumbersIsAFileOfItsOwn(Chart chart) throws Exception {
        Element svg = parsed(chart.svg(Language.ENGLISH)).getDocumentElement();

        assertThat(svg.getTagName()).isEqualTo("svg");
        assertThat(svg.getAttribute("xmlns")).isNotEmpty();
        assertThat(texts(svg, "title").getFirst()).isEqualTo(chart.title());
        assertThat(svg.getElementsByTagName("desc").getLength()).isEqualTo(1);
        assertThat(chart.svg(Language.ENGLISH)).doesNotContain("NaN", "Infinity");
    }

    static Stream<Chart> everyChartOfEverySize() {
        return Stream.of(
                        Numbers.of(),
                        Numbers.of(0),
                        Numbers.of(0.125),
                        Numbers.of(3, 3, 3),
                        Numbers.of(1e-7, 1e5),
                        Numbers.of(new Random(42).doubles(1000).toArray()))
                .flatMap(ReportTest::charts);
    }

    /// One of each kind.
    private static Stream<Chart> charts(Numbers numbers) {
        Axis axis = Axis.time("time");
        double end = numbers.sum();
        List<String> parts =
                IntStream.range(0, numbers.size()).mapToObj(i -> "part " + i).toList();
        return Stream.of(
                new Distribution("How long", "", axis, List.of(new Distribution.Series("a", numbers))),
                new Timelines("When", "", axis, List.of(new Timelines.Stream("a", 0, numbers, end, Optional.empty()))),
                new Lines("Both", "", axis, axis, List.of(new Lines.Series("a", numbers, numbers, List.of()))),
                new Bars("How much", "", axis, parts, List.of(new Bars.Bar("a", numbers))));
    }

    @Test
    void chartsWithoutNumbersSaySo() {
        assertThat(new Distribution("", "", Axis.time(""), List.of()).svg(Language.ENGLISH))
                .contains("nothing was measured");
        assertThat(new Timelines("", "", Axis.time(""), List.of()).svg(Language.CHINESE))
                .contains("没有测量结果");
    }

    @Test
    void aDistributionTellsThePercentilesThatItsSamplesAreEnoughFor() {
        assertThat(description(distribution(9))).isEqualTo("a (9), p50 5.00 s");
        assertThat(description(distribution(99))).isEqualTo("a (99), p50 50.0 s, p90 90.0 s");
        assertThat(description(distribution(100))).isEqualTo("a (100), p50 50.0 s, p90 90.0 s, p99 99.0 s");
    }

    private static Distribution distribution(int samples) {
        Numbers numbers =
                Numbers.of(IntStream.rangeClosed(1, samples).asDoubleStream().toArray());
        return new Distribution("", "", Axis.time(""), List.of(new Distribution.Series("a", numbers)));
    }

    @Test
    void aFewStreamsAreToldPieceByPiece() throws Exception {
        Timelines chart = new Timelines(
                "When",
                "",
                Axis.time("time"),
                List.of(
                        new Timelines.Stream("good", 1, Numbers.of(1.25, 1.5), 2, Optional.empty()),
                        new Timelines.Stream("bad", 1, Numbers.of(1.5), 1.75, Optional.of("the peer left"))));

        List<String> titles = texts(parsed(chart.svg(Language.ENGLISH)).getDocumentElement(), "title");

        assertThat(titles)
                .containsExactly(
                        "When",
                        "good: first piece 250 ms, 2 pieces, ended after 1.00 s",
                        "piece 1 after 250 ms, 250 ms after what came before",
                        "piece 2 after 500 ms, 250 ms after what came before",
                        "bad: first piece 500 ms, 1 pieces, broke off after 750 ms: the peer left",
                        "piece 1 after 500 ms, 500 ms after what came before");
    }

    @Test
    void ofThousandsOfStreamsSomeAreShownAndThatIsSaid() throws Exception {
        Random random = new Random(42);
        List<Timelines.Stream> streams = IntStream.range(0, 5000)
                .mapToObj(i -> new Timelines.Stream(
                        "request " + i,
                        i,
                        Numbers.of(random.doubles(400, i, i + 20.0).sorted().toArray()),
                        i + 21.0,
                        i % 250 == 7 ? Optional.of("fault " + i) : Optional.empty()))
                .toList();

        String svg = new Timelines("When", "", Axis.time("time"), streams).svg(Language.ENGLISH);

        assertThat(svg).hasSizeLessThan(1_500_000);
        assertThat(svg)
                .contains("160 of 5000 streams are shown")
                .contains("20 of the 20 that broke off among them")
                .contains("one stands for several");
        assertThat(svg)
                .contains(IntStream.range(0, 20)
                        .mapToObj(i -> "fault " + (7 + 250 * i) + "<")
                        .toList());
        assertThat(parsed(svg).getElementsByTagName("rect").getLength()).isGreaterThan(160);
    }

    @ParameterizedTest
    @CsvSource({
        "200,  200, 160", // no other is left out for them
        "1000, 900, 144", // their share
        "1000, 100, 40", // a quarter of the rows, more than their share
        "1000, 30,  30",
        "1000, 0,   0"
    })
    void streamsThatFailedHaveTheirShareOfTheRowsAndAQuarterAtLeast(int streams, int failed, int shown) {
        List<Timelines.Stream> rows = IntStream.range(0, streams)
                .mapToObj(i -> new Timelines.Stream(
                        "", 0, Numbers.of(1), 2, i < failed ? Optional.of("fault") : Optional.empty()))
                .toList();

        String svg = new Timelines("When", "", Axis.time("time"), rows).svg(Language.ENGLISH);

        assertThat(svg.split(": fault<", -1)).hasSize(1 + shown);
        assertThat(svg.split(", ended after ", -1)).hasSize(1 + 160 - shown);
        assertThat(svg).contains("160 of %d streams are shown, evenly chosen".formatted(streams));
    }

    @Test
    void labelsOfPointsGiveWayWhereTheyWouldOverlap() throws Exception {
        Numbers close = Numbers.of(IntStream.range(0, 100).asDoubleStream().toArray());
        List<String> labels =
                IntStream.range(0, 100).mapToObj(i -> "label " + i).toList();
        Lines chart = new Lines(
                "", "", Axis.number("x"), Axis.number("y"), List.of(new Lines.Series("a", close, close, labels)));

        Element svg = parsed(chart.svg(Language.ENGLISH)).getDocumentElement();

        assertThat(texts(svg, "title"))
                .as("each can be hovered over")
                .contains("a label 0: 0, 0", "a label 99: 99, 99");
        assertThat(texts(svg, "text").stream().filter(text -> text.startsWith("label")))
                .hasSizeBetween(5, 50);
    }

    @Test
    void columnsOfFiguresAreFlushRight() throws Exception {
        Table table = new Table(
                "",
                List.of("way", "first piece", "note"),
                List.of(List.of("whole", "298 ms", "3 at once"), List.of("streamed", Table.NONE, "each")));

        Element page = parsed(new Report(Language.ENGLISH, "", "", List.of(new Section("", table))).html())
                .getDocumentElement();

        assertThat(classes(page, "td")).containsExactly("figures", "words", "figures", "words");
        assertThat(classes(page, "th")).containsExactly("words", "figures", "words", "words", "words");
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() {
        assertThatThrownBy(() -> new Table("", List.of("a", "b"), List.of(List.of("1"))))
                .hasMessage("a row has 1 cells, expected 2: [1]");
        assertThatThrownBy(() -> new Lines.Series("s", Numbers.of(1), Numbers.of(), List.of()))
                .hasMessage("the series 's' has 1 x, 0 y and 0 labels");
        assertThatThrownBy(
                        () -> new Bars("", "", Axis.time(""), List.of("p"), List.of(new Bars.Bar("b", Numbers.of(-1)))))
                .hasMessageContaining("the bar 'b' has the parts [-1.0]");
        assertThatThrownBy(() -> new Timelines.Stream("s", 2, Numbers.of(), 1, Optional.empty()))
                .hasMessage("the stream 's' starts at 2.0 and ends at 1.0");
        assertThatThrownBy(() -> Numbers.of(1, Double.NaN)).hasMessage("a number to draw is NaN");
    }

    @Test
    void eachLanguageHasTheSameWords() {
        assertThat(Words.ofCharts(Language.CHINESE).keys())
                .isEqualTo(Words.ofCharts(Language.ENGLISH).keys());
    }

    @Test
    void theLanguageIsThatOfTheLocaleIfItIsKnown() {
        assertThat(Language.of(Locale.TRADITIONAL_CHINESE)).isEqualTo(Language.CHINESE);
        assertThat(Language.of(Locale.GERMANY)).isEqualTo(Language.ENGLISH);
    }

    private static String description(Chart chart) {
        return Picture.of(chart, Words.ofCharts(Language.ENGLISH)).description();
    }

    private static Document parsed(String markup) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        return builder.parse(new InputSource(new StringReader(markup)));
    }

    private static List<String> texts(Element root, String element) {
        return elements(root, element).map(Element::getTextContent).toList();
    }

    private static List<String> classes(Element root, String element) {
        return elements(root, element).map(each -> each.getAttribute("class")).toList();
    }

    private static Stream<Element> elements(Element root, String element) {
        NodeList found = root.getElementsByTagName(element);
        return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i));
    }
}
