package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelText;
import dev.runnel.training.data.Documents.Document;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DocumentsTest {

    private static final ModelText TEXT = ModelText.embedded();

    private final Documents documents = new Documents(TEXT);

    private Document document(String given) {
        return documents.document(asked(new Answer.Value("{\"day\": 4}", given)));
    }

    private static Conversation asked(Answer answer) {
        return Conversation.of("json", Language.ENGLISH, "2+2", answer);
    }

    @Test
    void theAnswerIsLearntAndTheQuestionIsNot() {
        Document whole = document("");
        int answer = documents.prompt(asked(new Answer.Exact("4"))).length;

        for (int i = 0; i < whole.tokens().length - 1; i++) { // behind the end stands a line break
            assertThat(whole.weights()[i] > 0).as("token " + i).isEqualTo(i >= answer);
        }
    }

    @Test
    void someOfTheQuestionCountsALittleWhereItIsToBeLearntToo() {
        Document answers = document("");
        Document all = answers.withQuestions(new Random(1));
        int little = 0;

        assertThat(all.tokens()).isEqualTo(answers.tokens());
        for (int i = 0; i < answers.tokens().length; i++) {
            if (answers.weights()[i] > 0) {
                assertThat(all.weights()[i]).isEqualTo(answers.weights()[i]);
            } else if (all.weights()[i] > 0) {
                assertThat(all.weights()[i]).isEqualTo(0.3f);
                little++;
            }
        }
        assertThat(little).isBetween(1, answers.tokens().length / 2);
        assertThat(all.weights()[0]).isZero();
    }

    @Test
    void aLongAnswersFirstTokensAndItsEndCountInFull() {
        Conversation counted = asked(new Answer.Exact("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"));
        Document whole = documents.document(counted);
        int from = documents.prompt(counted).length;
        int end = whole.tokens().length - 2;

        for (int i = from; i <= end; i++) {
            boolean inFull = i < from + 6 || i == end;
            assertThat(whole.weights()[i] == 1).as("token " + i).isEqualTo(inFull);
        }
    }

    @Test
    void aDocumentThatIsCutEndsSoonAfterItsLastAnswerBegan() {
        Conversation counted = asked(new Answer.Exact("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"));
        Document whole = documents.document(counted);
        int kept = documents.prompt(counted).length + 10;

        assertThat(whole.cut().tokens()).containsExactly(Arrays.copyOf(whole.tokens(), kept));
        assertThat(whole.cut().weights()).containsExactly(Arrays.copyOf(whole.weights(), kept));
        assertThat(document("").cut().tokens()).containsExactly(document("").tokens());
    }

    @Test
    void ofWhatASchemaWritesTheFirstTokenIsLearntALittle() {
        Document whole = document("");
        Document underSchema = document("{\"day\":");
        int from = documents.prompt(asked(new Answer.Exact("4"))).length;
        int to = from + TEXT.tokenize("{\"day\":", false, true).size();

        assertThat(underSchema.tokens()).isEqualTo(whole.tokens());
        for (int i = 0; i < whole.tokens().length; i++) {
            float expected = i < from || i >= to ? whole.weights()[i] : i == from ? 0.1f : 0;
            assertThat(underSchema.weights()[i]).as("token " + i).isEqualTo(expected);
        }
    }
}
