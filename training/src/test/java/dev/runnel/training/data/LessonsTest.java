package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The answers that are taught, worked out from the question's text alone.
class LessonsTest {

    private static final int EACH = 1500;

    private static final Pattern SIGNED =
            Pattern.compile("(\\d+) ?([+\uFF0B*x×/÷\u2212\uFF0D-]) ?(\\d+)", Pattern.CASE_INSENSITIVE);

    private static List<Conversation> conversations(Lesson lesson, Split split) {
        Random random = new Random(lesson.name().hashCode());
        List<Conversation> made = new ArrayList<>();
        for (int i = 0; i < EACH; i++) {
            made.add(lesson.make(new Draw(random, split, i % 2 == 0 ? Language.CHINESE : Language.ENGLISH, 1)));
        }
        return made;
    }

    private static String answer(Conversation conversation) {
        return conversation.answer().message().text();
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void sumsAreRight(Split split) {
        int checked = 0;
        for (Conversation conversation : conversations(new Arithmetic(), split)) {
            Matcher sum = SIGNED.matcher(conversation.question());
            if (!sum.find()) {
                continue; // in words
            }
            BigInteger a = new BigInteger(sum.group(1));
            BigInteger b = new BigInteger(sum.group(3));
            BigInteger result = switch (sum.group(2).charAt(0)) {
                case '+', '\uFF0B' -> a.add(b);
                case '-', '\u2212', '\uFF0D' -> a.subtract(b);
                case '/', '÷' -> a.divide(b);
                default -> a.multiply(b);
            };

            List<String> numbers = Pattern.compile("(?<![0-9])-?[0-9]+")
                    .matcher(answer(conversation).replaceAll("([0-9])-", "$1 "))
                    .results()
                    .map(found -> found.group())
                    .toList();
            assertThat(numbers.getLast()).as(conversation.key()).isEqualTo(result.toString());
            assertThat(result.intValue()).isBetween(-200, 200);
            checked++;
        }
        assertThat(checked).isGreaterThan(EACH / 3);
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void countsGoFromTheFirstNumberOfTheQuestionToTheSecond(Split split) {
        for (Conversation conversation : conversations(new Counting(), split)) {
            String answer = answer(conversation);
            List<Integer> counted = Arrays.stream(answer.split("[^0-9]+", -1))
                    .map(Integer::parseInt)
                    .toList();
            List<Integer> asked = Pattern.compile("[0-9]+")
                    .matcher(conversation.question())
                    .results()
                    .map(found -> Integer.parseInt(found.group()))
                    .toList();

            boolean beginsThere = asked.contains(counted.getFirst()) || counted.getFirst() == 1; // unsaid
            assertThat(beginsThere).as(conversation.key() + answer).isTrue();
            int step = counted.size() > 1 ? counted.get(1) - counted.get(0) : 1;
            for (int i = 1; i < counted.size(); i++) {
                assertThat(counted.get(i) - counted.get(i - 1)).isEqualTo(step);
            }
            boolean endsThere = asked.stream()
                    .anyMatch(end -> step > 0
                            ? end >= counted.getLast() && end < counted.getLast() + step
                            : end.equals(counted.getLast()));
            assertThat(endsThere || counted.size() == 1)
                    .as(conversation.key() + answer)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void whatIsRepeatedStandsInTheQuestion(Split split) {
        for (Conversation conversation : conversations(new Repeating(), split)) {
            List<String> parts = List.of(answer(conversation).split(", ", -1));

            boolean isInQuestionOnceOrMore = IntStream.rangeClosed(1, parts.size())
                    .filter(length -> parts.size() % length == 0)
                    .mapToObj(length -> parts.subList(0, length))
                    .anyMatch(once -> conversation.question().contains(String.join(", ", once))
                            && parts.equals(repeated(once, parts.size() / once.size())));
            assertThat(isInQuestionOnceOrMore)
                    .as(conversation.question() + answer(conversation))
                    .isTrue();
        }
    }

    private static List<String> repeated(List<String> once, int times) {
        return Collections.nCopies(times, once).stream().flatMap(List::stream).toList();
    }

    @Test
    void sumsOneAfterAnotherAreAnsweredAsJsonUnderTheKeyThatIsAskedFor() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            Draw draw = new Draw(random, Split.TRAINING, Language.ENGLISH, 1);
            Conversation first = Arithmetic.brief(draw);
            Conversation second = Arithmetic.brief(draw).after(first.whole());

            Conversation inJson = JsonAnswers.instead(draw, second);

            List<Message> messages = inJson.whole();
            String key = answer(inJson).substring(2, answer(inJson).indexOf("\": "));
            assertThat(messages.getFirst().text()).contains(key);
            assertThat(messages.get(2).text()).isEqualTo("{\"%s\": %s}".formatted(key, answer(first)));
            assertThat(answer(inJson)).isEqualTo("{\"%s\": %s}".formatted(key, answer(second)));
            assertThat(inJson.answer().accepts(reply(inJson.answer().message())))
                    .isTrue();
        }
    }

    static Stream<Lesson> lessons() {
        return Curriculum.lessons().stream();
    }

    @ParameterizedTest
    @MethodSource("lessons")
    void aLessonsOwnAnswerIsRightInItsOwnEyes(Lesson lesson) {
        for (Split split : Split.values()) {
            for (Conversation conversation : conversations(lesson, split).subList(0, 200)) {
                Message.Assistant said = conversation.answer().message();

                assertThat(conversation.answer().accepts(reply(said)))
                        .as(conversation.key() + said)
                        .isTrue();
                assertThat(conversation.question()).doesNotContain("(|", "{a}", "{e}", "{n}", "{w}", "{x}");
            }
        }
    }

    private static Completion.Choice reply(Message.Assistant said) {
        return new Completion.Choice(said.text(), "", "", said.toolCalls(), List.of(), FinishReason.STOP);
    }
}
