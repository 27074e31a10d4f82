/// The trained model as a GGUF file, which the engine, llama.cpp and others load.
package dev.runnel.training.export;
