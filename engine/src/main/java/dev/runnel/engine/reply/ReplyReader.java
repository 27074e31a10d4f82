package dev.runnel.engine.reply;

import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Reads the tokens of one choice as the events they mean: text, reasoning, calls of tools. For one thread at a
/// time.
///
/// Whatever way the reply's bytes are cut into tokens, the pieces are whole code points, and concatenated they
/// are the decoded reply up to its first stop string, of which no character is ever given. It holds back no
/// more than it must: at most 3 bytes of an unfinished character, and the longest end of the text with which a
/// stop string or a marker begins.
///
/// A marker that has a token of its own (`<tool_call>`, `<think>`) is known by that token, so a reply may
/// spell it out. Others are known by their text. What begins like a call and turns out not to be one is text,
/// and leaves at once. Stop strings end the answer; in reasoning and in arguments they are nothing special.
///
/// Theory: the reader is always in one mode ([Prose], [Objects], …), which takes code points and markers and
/// says what comes next by putting another mode in its place.
public final class ReplyReader {

    private final ReplyFormat format;
    private final ReplyOutput out;
    private final Utf8Decoder decoder = new Utf8Decoder();
    private final StringBuilder decoded = new StringBuilder();

    private Mode mode;
    private boolean dropsSpace;
    private boolean stopped;
    private int reasoningTokens;

    /// Code points that modes have been given.
    private long position;

    /// @param callIds the id of the call of that number, from 0
    public ReplyReader(ReplyFormat format, int choice, IntFunction<String> callIds) {
        this.format = format;
        out = new ReplyOutput(choice, callIds);
        dropsSpace = format.dropsLeadingSpace();
        mode = first();
    }

    private Mode first() {
        if (format.startsReasoning()) {
            return new Prose(true, true);
        }
        if (format.dialect().calls() instanceof CallSyntax.Channels) {
            return new Header();
        }
        return answer();
    }

    /// The mode in which an answer begins.
    private Mode answer() {
        return format.mayCall() && format.dialect().calls() instanceof CallSyntax.Bare bare
                ? new Objects("", bare.arguments())
                : new Prose(false, false);
    }

    /// Reads one more token; not to be called once the reply is over. An end token is not part of it.
    ///
    /// @param bytes of the token's text, perhaps with half a character; empty for a control token
    /// @param logprob to be told with the token's text, where that is part of the answer
    public void token(int id, byte[] bytes, @Nullable TokenLogprob logprob, Consumer<? super TokenEvent> events) {
        out.to(events);
        boolean wasReasoning = mode.isReasoning();
        if (mode.isMarker(id)) {
            readDecoded(true);
            mode.marker(id);
        } else {
            decoder.decode(bytes, decoded);
            if (logprob != null && mode.isAnswer()) {
                long whole = position + decoded.codePointCount(0, decoded.length());
                out.expect(logprob, position, decoder.isWithinCharacter() ? whole + 1 : whole);
            }
            readDecoded(false);
        }
        if (wasReasoning || mode.isReasoning()) {
            reasoningTokens++;
        }
        out.flush();
    }

    /// Gives what has been decoded to the mode, which may change on the way.
    private void readDecoded(boolean isEnd) {
        if (isEnd) {
            decoder.finish(decoded);
        }
        int from = 0;
        if (dropsSpace && !decoded.isEmpty()) {
            dropsSpace = false;
            if (decoded.charAt(0) == ' ') {
                from = 1;
                position++;
            }
        }
        for (int i = from; i < decoded.length() && !stopped; ) {
            int codePoint = decoded.codePointAt(i);
            i += Character.charCount(codePoint);
            position++;
            mode.read(codePoint);
        }
        decoded.setLength(0);
    }

    /// Ends the reply where it is: what was held back leaves, unless a stop string has ended the reply.
    public void finish(Consumer<? super TokenEvent> events) {
        out.to(events);
        if (!stopped) {
            readDecoded(true);
        }
        if (!stopped) {
            mode.finish();
        }
        out.flush();
    }

    /// Whether a stop string is complete. The text before it has been given, and no more comes.
    public boolean isStopped() {
        return stopped;
    }

    /// Whether a tool has been called.
    public boolean hasCalled() {
        return out.calls() > 0;
    }

    /// Tokens of reasoning so far, the markers around it included.
    public int reasoningTokens() {
        return reasoningTokens;
    }

    private int tokenOf(String marker) {
        return marker.isEmpty() ? ReplyFormat.NO_TOKEN : format.tokens().applyAsInt(marker);
    }

    private static boolean isSpace(int codePoint) {
        return codePoint == ' ' || codePoint == '\n' || codePoint == '\r' || codePoint == '\t';
    }

    /// What was read on suspicion is text after all.
    ///
    /// @param marker that was recognised before it; empty if there was none
    private void giveUp(String marker, String text) {
        out.text(marker);
        mode = new Prose(false, false);
        position -= text.codePointCount(0, text.length());
        for (int i = 0; i < text.length() && !stopped; ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            position++;
            mode.read(codePoint);
        }
    }

    /// As [#giveUp], where the reply has ended before that was decided.
    private void giveUpAtEnd(String marker, CharSequence text) {
        giveUp(marker, text.toString());
        if (!stopped) {
            mode.finish();
        }
    }

    /// What ends calls has come.
    private void endCalls() {
        out.forget(0);
        out.release(position);
        mode = new Prose(false, true);
    }

    private interface Mode {

        void read(int codePoint);

        /// The reply ends in this mode.
        void finish();

        /// Whether the token is a marker here, and not text.
        default boolean isMarker(int id) {
            return false;
        }

        default void marker(int id) {}

        default boolean isReasoning() {
            return false;
        }

        /// Whether what is read may be part of the answer.
        default boolean isAnswer() {
            return false;
        }
    }

    /// A marker and what comes after it.
    private record Border(String text, int token, Runnable next) {}

    /// Text of the answer or of the reasoning, up to a marker.
    private final class Prose implements Mode {

        private final boolean isReasoning;
        private final List<Border> borders = new ArrayList<>();
        private final StopStrings ends; // stop strings, then the markers that have no token
        private final List<Border> spelled = new ArrayList<>();
        private final int stops;
        private final StringBuilder held = new StringBuilder();
        private boolean skipsSpace;

        /// Space before a marker belongs to the marker.
        private final boolean holdsSpace;

        private int spaces; // that `held` begins with and no stop string does any more

        /// @param skipsSpace whether space at its beginning belongs to the marker before it
        Prose(boolean isReasoning, boolean skipsSpace) {
            this.isReasoning = isReasoning;
            this.skipsSpace = skipsSpace;
            List<String> texts = new ArrayList<>();
            if (!isReasoning) {
                texts.addAll(format.stops());
            }
            stops = texts.size();
            addBorders();
            for (Border border : borders) {
                if (border.token == ReplyFormat.NO_TOKEN) {
                    spelled.add(border);
                    texts.add(border.text);
                }
            }
            ends = new StopStrings(texts);
            holdsSpace = isReasoning || format.mayCall();
        }

        private void addBorders() {
            format.dialect().reasoning().ifPresent(reasoning -> {
                if (isReasoning) {
                    border(reasoning.close(), () -> mode = afterReasoning());
                } else {
                    border(reasoning.open(), () -> mode = new Prose(true, true));
                }
            });
            switch (format.dialect().calls()) {
                case CallSyntax.Channels _ -> {
                    border("<|end|>", () -> mode = new Header());
                    border("<|start|>", () -> mode = new Header());
                    border("<|channel|>", () -> mode = new Header());
                }
                case CallSyntax.Enclosed(var open, var _, var arguments, var _) ->
                    callBorder(open, () -> mode = new Objects(open, arguments));
                case CallSyntax.Bare(var prefix, var arguments) ->
                    callBorder(prefix, () -> mode = new Objects(prefix, arguments));
                case CallSyntax.Named named -> callBorder(named.open(), () -> mode = new NameThenArguments(named));
                case CallSyntax.Titled titled -> callBorder(titled.open(), () -> mode = new TitleThenArguments(titled));
                case CallSyntax.Unknown _ -> {}
            }
        }

        private Mode afterReasoning() {
            return answer() instanceof Objects objects ? objects : new Prose(false, true);
        }

        private void callBorder(String marker, Runnable next) {
            if (format.mayCall() && !isReasoning) {
                border(marker, next);
            }
        }

        private void border(String marker, Runnable next) {
            borders.add(new Border(marker, tokenOf(marker), next));
        }

        @Override
        public void read(int codePoint) {
            if (skipsSpace) {
                if (isSpace(codePoint)) {
                    out.release(position);
                    return;
                }
                skipsSpace = false;
            }
            held.appendCodePoint(codePoint);
            int end = ends.read(codePoint);
            if (end != StopStrings.NONE) {
                int length = ends.length(end);
                held.setLength(held.offsetByCodePoints(held.length(), -length));
                out.forget(position - length);
                out.release(position - length);
                if (end < stops) {
                    give(held.length());
                    stopped = true;
                } else {
                    leave(spelled.get(end - stops));
                }
                return;
            }
            giveFree(held.offsetByCodePoints(held.length(), -ends.pending()));
            out.release(position - spaces - ends.pending());
        }

        /// Gives what is free to leave, but for the space at its end where that is held.
        private void giveFree(int free) {
            int end = free;
            while (holdsSpace && end > spaces && isSpace(held.charAt(end - 1))) {
                end--;
            }
            if (end == spaces) {
                end = 0; // nothing but space
            }
            give(end);
            spaces = free - end;
        }

        /// The marker has come: what is held back is complete.
        private void leave(Border border) {
            giveFree(held.length());
            out.release(position);
            border.next.run();
        }

        private void give(int length) {
            if (length == 0) {
                return;
            }
            out.prose(isReasoning, held, length);
            held.delete(0, length);
        }

        @Override
        public void finish() {
            give(held.length());
            out.release(position);
        }

        @Override
        public boolean isMarker(int id) {
            for (Border border : borders) {
                if (border.token == id) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void marker(int id) {
            for (Border border : borders) {
                if (border.token == id) {
                    leave(border);
                    return;
                }
            }
        }

        @Override
        public boolean isReasoning() {
            return isReasoning;
        }

        @Override
        public boolean isAnswer() {
            return !isReasoning;
        }
    }

    /// Calls that are JSON objects, up to the closing marker or to what is none.
    private final class Objects implements Mode {

        private String open;
        private final String arguments;
        private final String close;
        private final int openToken;
        private final int closeToken;
        private @Nullable ObjectCall call;
        private final StringBuilder suspected = new StringBuilder(); // not known to be a call yet

        /// @param open the marker that has been read, to be text if no call follows; empty if there was none
        Objects(String open, String arguments) {
            this.open = open;
            this.arguments = arguments;
            close = format.dialect().calls() instanceof CallSyntax.Enclosed enclosed ? enclosed.close() : "";
            openToken = tokenOf(format.dialect().calls() instanceof CallSyntax.Bare bare ? bare.prefix() : open);
            closeToken = tokenOf(close);
        }

        @Override
        public void read(int codePoint) {
            suspected.appendCodePoint(codePoint);
            if (call != null) {
                readCall(call, codePoint);
            } else if (codePoint == '{') {
                boolean isBare = format.dialect().calls() instanceof CallSyntax.Bare;
                ObjectCall next = new ObjectCall(format.callable(), arguments, isBare, out);
                call = next;
                readCall(next, codePoint);
            } else if (codePoint == ']' && endsWithBracket()) {
                endCalls();
            } else if (!isBetweenCalls(codePoint)) {
                readOther();
            }
        }

        private void readCall(ObjectCall reading, int codePoint) {
            boolean wasTold = reading.isTold();
            switch (reading.read(codePoint)) {
                case MORE -> {
                    if (!wasTold && reading.isTold()) {
                        open = "";
                        suspected.setLength(0);
                    }
                }
                case COMPLETE -> {
                    call = null;
                    open = "";
                    suspected.setLength(0);
                    out.release(position);
                }
                case BROKEN -> {
                    if (reading.isTold()) {
                        mode = new Prose(false, true); // what was told stays told; the rest is no part of it
                    } else {
                        giveUp(open, suspicion());
                    }
                }
            }
        }

        /// What may stand around calls: space, and the punctuation of an array or of a list.
        private boolean isBetweenCalls(int codePoint) {
            if (isSpace(codePoint)) {
                return true;
            }
            return switch (format.dialect().calls()) {
                case CallSyntax.Enclosed enclosed ->
                    enclosed.isArray() && (codePoint == '[' || codePoint == ',' || codePoint == ']');
                case CallSyntax.Bare _ -> out.calls() > 0 && (codePoint == ';' || codePoint == ',');
                case CallSyntax.Named _, CallSyntax.Titled _, CallSyntax.Channels _, CallSyntax.Unknown _ -> false;
            };
        }

        /// Whether the bracket that ends the array of calls ends them: no marker does.
        private boolean endsWithBracket() {
            return close.isEmpty()
                    && out.calls() > 0
                    && format.dialect().calls() instanceof CallSyntax.Enclosed enclosed
                    && enclosed.isArray();
        }

        /// The closing marker where it is spelled out, or text.
        private void readOther() {
            String read = suspicion();
            if (!close.isEmpty() && closeToken == ReplyFormat.NO_TOKEN && out.calls() > 0 && close.startsWith(read)) {
                if (read.equals(close)) {
                    endCalls();
                }
            } else {
                giveUp(open, read);
            }
        }

        /// What is not known to be a call, without what stands between it and the calls before.
        private String suspicion() {
            int from = 0;
            while (out.calls() > 0 && from < suspected.length() && isBetweenCalls(suspected.charAt(from))) {
                from++;
            }
            return suspected.substring(from);
        }

        @Override
        public void finish() {
            boolean isText =
                    call == null ? out.calls() == 0 && !suspected.toString().isBlank() : !call.isTold();
            if (isText) {
                giveUpAtEnd(open, suspicion());
            } else {
                out.release(position);
            }
        }

        @Override
        public boolean isMarker(int id) {
            return (closeToken != ReplyFormat.NO_TOKEN && id == closeToken) || isOpen(id);
        }

        private boolean isOpen(int id) {
            return openToken != ReplyFormat.NO_TOKEN && id == openToken;
        }

        @Override
        public void marker(int id) {
            boolean isUnfinished = call != null && !call.isTold();
            if (isUnfinished) {
                giveUp(open, suspicion());
            } else if (isOpen(id)) {
                call = null;
            } else {
                endCalls();
            }
        }

        @Override
        public boolean isAnswer() {
            return call == null || !call.isTold();
        }
    }

    /// One JSON value of arguments, after which `next` is the mode.
    private final class Value implements Mode {

        private final JsonSpan span = new JsonSpan();
        private final Runnable next;
        private final @Nullable Header header;
        private boolean begun;

        Value(String name, Runnable next) {
            this.next = next;
            header = format.dialect().calls() instanceof CallSyntax.Channels ? new Header() : null;
            out.call(name);
        }

        @Override
        public void read(int codePoint) {
            if (!begun && isSpace(codePoint)) {
                return;
            }
            begun = true;
            if (!span.read(codePoint)) {
                next.run();
                mode.read(codePoint);
                return;
            }
            out.arguments(Character.toString(codePoint));
            if (span.isComplete()) {
                next.run();
            }
        }

        @Override
        public void finish() {
            if (!begun) {
                out.arguments("{}");
            }
            out.release(position);
        }

        @Override
        public boolean isMarker(int id) {
            return header != null && header.isMarker(id);
        }

        @Override
        public void marker(int id) {
            finish();
            next.run();
            if (mode.isMarker(id)) {
                mode.marker(id);
            }
        }
    }

    /// `f>{…}</function>`, the opening marker read.
    private final class NameThenArguments implements Mode {

        private static final int LONGEST_NAME = 64;

        private final CallSyntax.Named syntax;
        private final StringBuilder name = new StringBuilder();

        NameThenArguments(CallSyntax.Named syntax) {
            this.syntax = syntax;
        }

        @Override
        public void read(int codePoint) {
            name.appendCodePoint(codePoint);
            int end = name.indexOf(syntax.afterName());
            if (end > 0) {
                mode = new Value(name.substring(0, end), () -> mode = new Literal(syntax.close()));
            } else if (end == 0 || isSpace(codePoint) || name.length() > LONGEST_NAME) {
                giveUp(syntax.open(), name.toString());
            }
        }

        @Override
        public void finish() {
            giveUpAtEnd(syntax.open(), name);
        }

        @Override
        public boolean isAnswer() {
            return true;
        }
    }

    /// `f[ARGS]{…}`, the opening marker read.
    private final class TitleThenArguments implements Mode {

        private final CallSyntax.Titled syntax;
        private final StringBuilder name = new StringBuilder();
        private boolean isNamed;

        TitleThenArguments(CallSyntax.Titled syntax) {
            this.syntax = syntax;
        }

        @Override
        public void read(int codePoint) {
            if (codePoint == '{' && !name.toString().isBlank()) {
                begin();
                mode.read(codePoint);
            } else if (!isNamed) {
                name.appendCodePoint(codePoint);
            }
        }

        private void begin() {
            mode = new Value(name.toString().strip(), () -> mode = new Prose(false, true));
        }

        @Override
        public void finish() {
            giveUpAtEnd(syntax.open(), name);
        }

        @Override
        public boolean isMarker(int id) {
            return id == tokenOf(syntax.id()) || id == tokenOf(syntax.arguments());
        }

        @Override
        public void marker(int id) {
            isNamed = true; // an id of the model's may follow; calls get one from here
            if (id == tokenOf(syntax.arguments()) && !name.toString().isBlank()) {
                begin();
            }
        }
    }

    /// A closing marker that is spelled out; where something else stands, that is text.
    private final class Literal implements Mode {

        private final String marker;
        private final StringBuilder read = new StringBuilder();

        Literal(String marker) {
            this.marker = marker;
        }

        @Override
        public void read(int codePoint) {
            if (read.isEmpty() && isSpace(codePoint)) {
                return;
            }
            read.appendCodePoint(codePoint);
            if (read.toString().equals(marker)) {
                endCalls();
            } else if (!marker.startsWith(read.toString())) {
                giveUp("", read.toString());
            }
        }

        @Override
        public void finish() {
            out.release(position);
        }
    }

    /// A message's head in the format of gpt-oss: `analysis`, `final`, `commentary to=functions.f json`, up to
    /// `<|message|>`.
    private final class Header implements Mode {

        private static final String CALLEE = "to=functions.";

        /// Real heads stay far below; what is longer is the text of a model that doesn't keep to its format.
        private static final int LONGEST = 200;

        private final int start = tokenOf("<|start|>");
        private final int channel = tokenOf("<|channel|>");
        private final int constrain = tokenOf("<|constrain|>");
        private final int message = tokenOf("<|message|>");
        private final int end = tokenOf("<|end|>");
        private final StringBuilder head = new StringBuilder();

        @Override
        public void read(int codePoint) {
            head.appendCodePoint(codePoint);
            if (head.length() > LONGEST) {
                giveUp("", head.toString());
            }
        }

        @Override
        public void finish() {
            boolean isFirst = head.length() == position;
            if (isFirst) {
                giveUpAtEnd("", head);
            } else {
                out.release(position);
            }
        }

        @Override
        public boolean isMarker(int id) {
            return id != ReplyFormat.NO_TOKEN
                    && (id == start || id == channel || id == constrain || id == message || id == end);
        }

        @Override
        public void marker(int id) {
            if (id != message) {
                head.append(' ');
                return;
            }
            int callee = head.indexOf(CALLEE);
            if (callee >= 0 && format.mayCall()) {
                int from = callee + CALLEE.length();
                int to = head.indexOf(" ", from);
                mode = new Value(head.substring(from, to < 0 ? head.length() : to), () -> mode = new Header());
            } else {
                mode = new Prose(head.indexOf("analysis") >= 0, false);
            }
        }

        @Override
        public boolean isReasoning() {
            return head.indexOf("analysis") >= 0;
        }
    }
}
