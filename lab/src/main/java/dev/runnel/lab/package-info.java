/// What completions look like in time.
///
/// [Timeline] is a stage that notes when each event of one stream passes, and [Timing] is what it saw. [Bench] measures
/// many: a [Plan] says which [Workload] under which [Load], each request becomes a [Measurement], those of one
/// [Target] under one load a [Series], and [Summary] is what they say together. Whatever is measured is a backend:
/// the engine, a relay to a server far away, a script.
///
/// Latencies count from the moment at which a request was to be sent, and end with the event that makes a reply
/// complete. Names are those of vLLM's benchmark, which NVIDIA's AIPerf shares but for one: its inter-token latency is
/// what is called time per output token here, and its inter-chunk latency what is called inter-token latency.
///
/// Nothing here knows HTTP: to measure a server, measure a relay to it.
package dev.runnel.lab;
