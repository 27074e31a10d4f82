/// How weights change once their gradient is known, and how fast.
package dev.runnel.training.optimiser;
