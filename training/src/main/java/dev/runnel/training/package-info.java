/// How `runnel-tiny`, the model in the engine's jar, is made: from nothing, on two cores, in under two hours.
///
/// [Train] is the one command. Read on in the order in which things happen: `data` makes conversations, `vocabulary`
/// the
/// tokens, `model` and `optimiser` are the arithmetic, [Trainer] is the loop, `export` writes the file, `evaluation`
/// asks it.
package dev.runnel.training;
