package dev.runnel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LayoutTest {

    private static final Shape SMALL = new Shape(2, 512, 8, 2, 64, 768, 13, 1e-5f, false);

    @Test
    void everyNumberHasAPlaceOfItsOwn() {
        Layout layout = Layout.of(SMALL);
        Set<Long> taken = new HashSet<>();
        long numbers = 0;

        for (Layout.Matrix matrix : layout.matrices()) {
            for (int row = 0; row < matrix.rows(); row++) {
                for (int column = 0; column < matrix.columns(); column++) {
                    taken.add(matrix.offset(row, column));
                    numbers++;
                }
            }
        }

        assertThat(taken).hasSize((int) numbers).allMatch(offset -> offset >= 0 && offset < layout.bytes());
    }

    @Test
    void eightRowsOf256ColumnsLieTogether() {
        Layout.Matrix matrix = Layout.of(SMALL).matrix(1, Layout.GATE_UP);

        assertThat(matrix.offset(0, 1) - matrix.offset(0, 0)).isEqualTo(2);
        assertThat(matrix.offset(1, 0) - matrix.offset(0, 0)).isEqualTo(2 * 256);
        assertThat(matrix.offset(0, 256) - matrix.offset(0, 0)).isEqualTo(2 * 8 * 256);
        assertThat(matrix.offset(8, 0) - matrix.offset(0, 0)).isEqualTo(2 * 8 * 512);
    }

    @Test
    void layersAreEquallyFarApart() {
        Layout layout = Layout.of(Shape.LLAMA_3_2_1B);

        for (int layer = 0; layer < Shape.LLAMA_3_2_1B.layers(); layer++) {
            for (int which = 0; which < Layout.OF_LAYER; which++) {
                assertThat(layout.matrix(layer, which).offset())
                        .isEqualTo(layout.matrix(0, which).offset() + layer * layout.layerBytes());
            }
        }
    }

    @Test
    void aTokenOfOneBillionReadsTwoAndAHalfGigabytes() {
        assertThat(Layout.of(Shape.LLAMA_3_2_1B).bytesRead()).isEqualTo(2_471_493_632L);
    }

    @Test
    void whatIsMissingInTheLastUnitIsThere() {
        Layout.Matrix output = Layout.of(SMALL).output();

        assertThat(output.units()).isEqualTo(2);
        assertThat(output.halves()).isEqualTo(16 * 512);
    }

    @Test
    void rowsThatCannotBeCutIntoTilesAreRefused() {
        assertThatThrownBy(() -> Layout.of(new Shape(1, 300, 4, 2, 64, 512, 16, 1e-5f, true)))
                .isInstanceOf(CudaException.class)
                .hasMessage("rows of 300 numbers; the kernel reads multiples of 8, and of 256 above that");
    }
}
