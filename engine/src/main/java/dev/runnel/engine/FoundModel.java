package dev.runnel.engine;

import dev.runnel.core.Model;
import java.nio.file.Path;

/// A model that lies in a folder.
///
/// @param file the one to open; of a split model the first part
/// @param weightBytes bytes of its tensors
record FoundModel(Model model, Path file, long weightBytes) {}
