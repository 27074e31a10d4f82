package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the kernels' compiled code looks like to C2.
class KernelCodeTest {

    /// `MaxInlineSize`.
    private static final int INLINED_ANYWHERE = 35;

    /// Long enough that two vectors on the heap cost little beside what they compute.
    private static final Set<String> LONG = Set.of("VectorKernels.exp", "Codebook.floats");

    @Test
    void whatGivesOrTakesVectorsIsSmallEnoughToBeInlinedWithoutAProfile() throws Exception {
        List<String> large = classes().stream()
                .flatMap(type -> type.methods().stream()
                        .filter(method -> method.methodType().stringValue().contains("jdk/incubator/vector"))
                        .filter(method -> bytes(method) > INLINED_ANYWHERE)
                        .map(method -> simpleName(type) + "." + method.methodName()))
                .filter(name -> !LONG.contains(name))
                .toList();

        assertThat(large).isEmpty();
    }

    private static List<ClassModel> classes() throws IOException, URISyntaxException {
        Path classes = Path.of(Lanes.class.getResource("Lanes.class").toURI()).getParent();
        try (Stream<Path> files = Files.list(classes)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .map(KernelCodeTest::parse)
                    .toList();
        }
    }

    private static ClassModel parse(Path file) {
        try {
            return ClassFile.of().parse(file);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static String simpleName(ClassModel type) {
        String name = type.thisClass().asInternalName();
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static int bytes(MethodModel method) {
        return method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0);
    }
}
