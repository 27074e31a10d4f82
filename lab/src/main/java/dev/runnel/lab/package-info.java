/// What a completion looks like in time.
///
/// [Timeline] is a stage that notes when each event passes, so it measures every backend alike: the engine, a relay to
/// a server far away, a script. [Timing] is what it saw. It changes nothing of the stream.
///
/// Nothing here knows HTTP: to measure a server, measure a relay to it.
package dev.runnel.lab;
