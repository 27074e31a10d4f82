/// JSON text to values: plain ones ([JsonTree]), or whatever a [JsonReader.Maker] makes of it.
package dev.runnel.engine.json;
