import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Draws `docs/stream.svg`, the README's picture, from one real run: the same request whole and streamed, each piece of
/// the stream appearing when it arrived, in slow motion.
///
/// ```
/// ./runnel serve &
/// java docs/StreamPicture.java http://127.0.0.1:8080/v1 > docs/stream.svg
/// ```
final class StreamPicture {

    private static final String PROMPT = "Count to 100, with a comma between each number and no newlines. E.g., 1, 2, 3, ...";
    private static final int WARM_UPS = 10;

    /// Characters in a row of text, pixels a row is high, seconds the slowed run lasts and then stands still.
    private static final int COLUMNS = 64;

    private static final int ROW = 20;
    private static final double PLAY = 6;
    private static final double REST = 3;

    private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)+)\"");

    /// A piece of text and the milliseconds from the request to its arrival.
    private record Piece(String text, double millis) {}

    private final HttpClient client = HttpClient.newHttpClient();
    private final URI address;

    private StreamPicture(String base) {
        address = URI.create(base + "/chat/completions");
    }

    public static void main(String[] args) throws Exception {
        StreamPicture picture = new StreamPicture(args[0]);
        for (int i = 0; i < WARM_UPS; i++) {
            picture.pieces(i % 2 == 0);
        }
        List<Piece> whole = picture.pieces(false);
        List<Piece> streamed = picture.pieces(true);
        IO.print(svg(whole, streamed));
    }

    /// The reply's pieces with their times; a whole reply is one piece.
    private List<Piece> pieces(boolean stream) throws Exception {
        String body = "{\"model\":\"runnel-tiny\",\"temperature\":0,\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}";
        HttpRequest request = HttpRequest.newBuilder(address)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        List<Piece> pieces = new ArrayList<>();
        long start = System.nanoTime();
        try (Stream<String> lines = client.send(request, BodyHandlers.ofLines()).body()) {
            lines.forEach(line -> {
                double millis = (System.nanoTime() - start) / 1e6;
                CONTENT.matcher(line)
                        .results()
                        .map((MatchResult found) -> found.group(1))
                        .forEach(text -> pieces.add(new Piece(text, millis)));
            });
        }
        return pieces;
    }

    private static String svg(List<Piece> whole, List<Piece> streamed) {
        double first = streamed.getFirst().millis();
        double last = Math.max(streamed.getLast().millis(), whole.getLast().millis());
        double slowing = PLAY * 1000 / last;
        int rows = (streamed.stream().mapToInt(piece -> piece.text().length()).sum() + COLUMNS - 1) / COLUMNS;
        int panel = 72 + rows * ROW;
        int height = 2 * panel + 60;
        StringBuilder svg = new StringBuilder(
                """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 %d" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="15">
                <title>The same reply whole and streamed: first words after %.1f ms and after %.1f ms</title>
                <rect width="720" height="%d" rx="10" fill="#10151c"/>
                <rect width="0" height="0"><animate id="run" attributeName="x" from="0" to="0" begin="0s;run.end" dur="%.1fs"/></rect>
                """
                        .formatted(height, whole.getLast().millis(), first, height, PLAY + REST));
        panel(svg, 0, "stream: false", "#e0a458", "the reply after %.1f ms", whole, slowing, last);
        panel(svg, panel, "stream: true", "#5fb3a1", "the first words after %.1f ms", streamed, slowing, last);
        svg.append("<text x=\"24\" y=\"%d\" fill=\"#7a8794\" font-size=\"12\">%s</text>\n</svg>\n"
                .formatted(
                        height - 22,
                        "runnel-tiny, 2 cores, one real run, slowed %.0f times; each tick is a piece as it arrived"
                                .formatted(slowing)));
        return svg.toString();
    }

    /// A title, the text in rows of [#COLUMNS] characters, and a tick for each piece.
    private static void panel(
            StringBuilder svg,
            int top,
            String title,
            String colour,
            String caption,
            List<Piece> pieces,
            double slowing,
            double lastMillis) {
        double first = pieces.getFirst().millis();
        svg.append("<text x=\"24\" y=\"%d\" fill=\"%s\" font-weight=\"bold\">%s</text>\n".formatted(top + 34, colour, title));
        svg.append("<text x=\"696\" y=\"%d\" fill=\"%s\" text-anchor=\"end\">%s</text>\n"
                .formatted(top + 34, colour, caption.formatted(first)));
        int written = 0;
        for (Piece piece : pieces) {
            // Visible, and hidden until its time comes: a viewer that doesn't animate shows the whole.
            svg.append("<g><set attributeName=\"opacity\" to=\"0\" begin=\"run.begin\" dur=\"%.3fs\"/>"
                    .formatted(piece.millis() * slowing / 1000));
            svg.append("<rect x=\"%.1f\" y=\"%d\" width=\"1.5\" height=\"8\" fill=\"%s\"/>"
                    .formatted(24 + 670 * piece.millis() / lastMillis, top + 42, colour));
            for (int from = 0; from < piece.text().length(); ) {
                int column = written % COLUMNS;
                int to = Math.min(piece.text().length(), from + COLUMNS - column);
                String row = piece.text().substring(from, to);
                if (!row.isBlank()) {
                    svg.append("<text x=\"%.1f\" y=\"%d\" fill=\"#dbe4ee\" textLength=\"%.1f\" xml:space=\"preserve\">%s</text>"
                            .formatted(24 + column * 10.5, top + 74 + written / COLUMNS * ROW, row.length() * 10.5, row));
                }
                written += to - from;
                from = to;
            }
            svg.append("</g>\n");
        }
    }

    static {
        Locale.setDefault(Locale.ROOT);
    }
}
