/// JSON text to plain values. The door is [JsonTree].
package dev.runnel.engine.json;
