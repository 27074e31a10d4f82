/// Text to token ids and back, as the model was trained to see it.
///
/// [Tokenizer] is the door. It finds special tokens in the text, as far as the caller wants them found, and
/// gives what lies between to an `Encoder`: `ScoredEncoder` for SentencePiece vocabularies (`llama`),
/// `ByteLevelEncoder` for those in the manner of GPT-2 (`gpt2`), which first cuts the text into words as a
/// `PreTokenizer` says. Both join neighbours by rank in the same `Merger`, in O(n log n).
///
/// What holds for every vocabulary that loads: any text can be encoded; the bytes of its tokens are the
/// text's, but for what the model was trained to see otherwise (composed characters, SentencePiece's spaces)
/// and for code points in planes without characters; text never becomes a control token unless the caller
/// asks for it; and a vocabulary that contradicts itself was refused.
package dev.runnel.engine.tokenizer;
