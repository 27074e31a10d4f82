/// A spike: decoding on an NVIDIA card, through `java.lang.foreign` to its driver.
///
/// [Cuda] is the driver, [Decoder] a model in a card's memory, and [Spike] the program that checks and times it. The
/// kernels are in `src/main/cuda/` and, as the driver reads them, in the resources. [Reference] is the definition that
/// they are checked against.
@NullMarked
package dev.runnel.cuda;

import org.jspecify.annotations.NullMarked;
