/// What the model is taught: conversations made by programs, never collected.
///
/// A [Lesson] makes conversations of one skill out of phrases in a text file and operands it draws. A [Split] decides
/// which
/// phrases and which operands it may use: what is held out is never trained on. [Curriculum] mixes the lessons,
/// [Documents] turns conversations into tokens.
package dev.runnel.training.data;
