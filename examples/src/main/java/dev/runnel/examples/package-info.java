/// What users copy. Each example is one file that stands for itself, and a test runs it.
package dev.runnel.examples;
