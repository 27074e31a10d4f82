/// How good a model is: questions that it was never trained on, asked of any backend, in this process or over HTTP.
package dev.runnel.training.evaluation;
