/// OpenAI's JSON and server-sent events to core types and back, in both directions; the only room that knows JSON
/// names.
package dev.runnel.wire;
