/// Text to token ids and back, as the model was trained to see it.
///
/// [Tokenizer] is the door. It finds special tokens in the text, as far as the caller wants them found, and
/// gives what lies between to an `Encoder`: `ScoredEncoder` for SentencePiece vocabularies (`llama`),
/// `ByteLevelEncoder` for those in the manner of GPT-2 (`gpt2`), which first cuts the text into words as a
/// `PreTokenizer` says. Both join neighbours by rank in the same `Merger`, in O(n log n).
///
/// What holds for every vocabulary that loads: any text can be encoded, because every byte has a token; the
/// bytes of the tokens are those of the text (but for normalisation, where the model was trained with it);
/// text never becomes a control token unless the caller asks for it; and a vocabulary that is inconsistent
/// was refused.
package dev.runnel.engine.tokenizer;
