/// The embedded inference engine: a GGUF file to a backend.
package dev.runnel.engine;
