/// The arithmetic of a forward pass: matrices times vectors, norms, softmax, attention, and the threads that
/// share it.
///
/// [Kernels] is the door. [ScalarKernels] is the specification: plain loops, written to be read.
/// [VectorKernels] is the same in the Vector API, chosen once at start-up by [KernelChoice]. A type of
/// weights is one [Format], which defines what numbers a row stands for, and one [VectorFormat], which says
/// the same in vectors.
///
/// # The order of every sum
///
/// Floating-point sums depend on their order, and here it depends on nothing but their length. A dot product
/// deals its elements out to 16 strands, element `k` to strand `k mod 16`; each strand adds its products in
/// order, rounding once per product (fused multiply-add); then the strands are added pairwise, 8 onto 8, 4
/// onto 4, 2 onto 2, 1 onto 1. So a row's result is the same to the last bit alone, in a batch and in a
/// prompt, on any number of threads, in scalar code and in vectors of 128, 256 and 512 bits.
///
/// Where weights are small whole numbers in groups with a scale ([GroupedFormat]), vectors are rounded to
/// 8 bits first ([Operand]). Products of a group then sum exactly, in whatever order, and a row's total
/// adds one group after another: that sum times both scales, and after it the group's minimum times the
/// sum of the vector's elements.
///
/// Only this package knows the Vector API. Nothing here knows files, layers or requests.
package dev.runnel.engine.kernel;
