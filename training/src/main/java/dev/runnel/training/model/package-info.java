/// A Qwen 3 that can be trained: forward, backward, and the products underneath, in float and by hand.
///
/// [Network] is the whole of it on one page; every part has its formulas, forward and backward, in a file of its own.
/// The
/// engine computes the same from the exported file, and a test holds the two together.
package dev.runnel.training.model;
