/// Reads model files in GGUF, versions 2 and 3, little-endian.
///
/// [GgufFile] is the door. It checks the whole head of a file before it hands anything out: after that,
/// every [Tensor] has a known type, a shape that its bytes fill exactly, and bytes within the file that no
/// other tensor shares; a model that is split into several files is opened by any of them and looks like one.
/// [Metadata] checks a value's type and range when it is asked for. Whatever is wrong
/// with a file ends in one [dev.runnel.engine.ModelFileException], never in another exception, a huge
/// allocation or a crash.
///
/// Nothing here knows what a model computes, or what the keys mean (but for `general.alignment` and `split.*`).
package dev.runnel.engine.gguf;
