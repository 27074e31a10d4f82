package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
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

    /// `FreqInlineSize`: what is larger is compiled alone.
    private static final int COMPILED_ALONE = 325;

    /// What makes floats of weights where the limit is far, as [AllocationTest] sees.
    private static final Set<String> WEIGHTS = Set.of("quants", "weights");

    private static final String VECTORS = "jdk/incubator/vector";

    /// Long enough that two vectors on the heap cost little beside what they compute.
    private static final Set<String> LONG = Set.of("Codebook.floats");

    @Test
    void whatGivesOrTakesVectorsIsSmallEnoughToBeInlinedWithoutAProfile() throws Exception {
        List<String> large = classes().stream()
                .flatMap(type -> type.methods().stream()
                        .filter(method -> method.methodType().stringValue().contains(VECTORS))
                        .filter(method -> bytes(method) > INLINED_ANYWHERE)
                        .map(method -> simpleName(type) + "." + method.methodName()))
                .filter(name -> !LONG.contains(name))
                .toList();

        assertThat(large).isEmpty();
    }

    /// C2 stops inlining into a method that has grown past its limit (`NodeCountInliningCutoff`), which a large
    /// kernel does: from there on a helper of its own is called, and gives its vector on the heap. The methods of
    /// the Vector API itself are inlined without limit.
    @Test
    void largeKernelsCallTheVectorApiItself() throws Exception {
        List<String> calls = classes().stream()
                .flatMap(type -> type.methods().stream()
                        .filter(method -> bytes(method) > COMPILED_ALONE)
                        .flatMap(method -> helpers(method)
                                .map(helper -> simpleName(type) + "." + method.methodName() + " calls " + helper)))
                .distinct()
                .toList();

        assertThat(calls).isEmpty();
    }

    /// The methods of this project that a method calls and that give or take vectors.
    private static Stream<String> helpers(MethodModel method) {
        return method.code()
                .orElseThrow()
                .elementStream()
                .filter(InvokeInstruction.class::isInstance)
                .map(InvokeInstruction.class::cast)
                .filter(call -> call.owner().asInternalName().startsWith("dev/runnel"))
                .filter(call -> call.type().stringValue().contains(VECTORS))
                .map(call -> call.name().stringValue())
                .filter(name -> !WEIGHTS.contains(name));
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
