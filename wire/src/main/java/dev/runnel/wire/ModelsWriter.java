package dev.runnel.wire;

import dev.runnel.core.Model;
import java.util.List;

/// Writes the replies of `/v1/models` and `/v1/models/{id}`.
public final class ModelsWriter {

    private ModelsWriter() {}

    public static byte[] write(List<Model> models) {
        ByteSink out = new ByteSink(1024).raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < models.size(); i++) {
            if (i > 0) {
                out.raw(",");
            }
            write(models.get(i), out);
        }
        return out.raw("]}").toByteArray();
    }

    public static byte[] write(Model model) {
        ByteSink out = new ByteSink(256);
        write(model, out);
        return out.toByteArray();
    }

    private static void write(Model model, ByteSink out) {
        out.raw("{\"id\":").string(model.id());
        out.raw(",\"object\":\"model\",\"created\":").number(model.created().getEpochSecond());
        out.raw(",\"owned_by\":").string(model.owner());
        model.contextLength()
                .ifPresent(tokens -> out.raw(",\"context_length\":").number(tokens));
        out.raw("}");
    }
}
