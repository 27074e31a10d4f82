/// What users of Spring AI copy. In a module of its own: Spring AI 2 brings a generator of JSON schemas with which
/// OpenAI's client for Java can't make any of its own out of classes.
package dev.runnel.examples.spring;
