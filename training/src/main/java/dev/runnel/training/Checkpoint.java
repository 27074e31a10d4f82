package dev.runnel.training;

import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Tensor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// Where a training can go on, bit for bit: how many steps are done, the weights, and what the optimiser remembers. The
/// data
/// needs no place of its own, as a step's data follows from the seed and the step's number.
final class Checkpoint {

    private static final int MAGIC = 0x52_4E_4C_31;

    private Checkpoint() {}

    /// Writes a checkpoint, whole or not at all.
    ///
    /// @param identity of the training that it belongs to: its recipe, and what else must be the same
    static void write(Path file, String identity, int steps, List<Parameters> states) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
            out.writeInt(MAGIC);
            out.writeUTF(identity);
            out.writeInt(steps);
            for (Parameters state : states) {
                for (Tensor tensor : state.tensors()) {
                    ByteBuffer bytes = ByteBuffer.allocate(4 * tensor.values().length);
                    bytes.asFloatBuffer().put(tensor.values());
                    out.write(bytes.array());
                }
            }
        }
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Reads a checkpoint into `states`.
    ///
    /// @return the steps that are done
    static int read(Path file, String identity, List<Parameters> states) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + " is no checkpoint");
            }
            String written = in.readUTF();
            if (!written.equals(identity)) {
                throw new IOException("%s is of %s, expected %s; train into another folder, or delete it"
                        .formatted(file, written, identity));
            }
            int steps = in.readInt();
            for (Parameters state : states) {
                for (Tensor tensor : state.tensors()) {
                    byte[] bytes = in.readNBytes(4 * tensor.values().length);
                    ByteBuffer.wrap(bytes).asFloatBuffer().get(tensor.values());
                }
            }
            return steps;
        }
    }
}
