/// How fast the engine is beside others, on the same files and the same machine. Started by `bench/compare`.
package dev.runnel.app.bench;
