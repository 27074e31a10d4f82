/// Any backend over HTTP, the way OpenAI's clients expect it.
///
/// The door is [CompletionServer]: it listens at once, answers that it is loading, and serves from
/// [CompletionServer#serve] on. It knows [dev.runnel.core.Backend] behind it and the wire room's bytes in
/// front of it; what lies between is connections, deadlines and back pressure.
///
/// ```
/// Loop        one event loop: its connections, its clock, the mailbox through which backends reach it
///   Connection  one client: a deadline for whatever is waited for, and the exchange under way
///     Exchange    one request and its response: route, body, status, headers, log line
///       StreamedReply  a backend's events as they come, from its threads to the loop in bursts
/// Page        what a browser gets at `/`: a chat that uses the same interface as every other client
/// ```
///
/// [Metrics] counts every exchange and takes the time of every completion's events ([Stopwatch]) on the thread
/// that brings them; `/metrics` tells it, with what the backend says of its load.
///
/// Invariants: nothing of a stream is sent before the backend has started it or has let its client wait for
/// [ServerOptions#keepAlive], so a refusal is a status as long as one helps; nothing after that looks complete
/// when it is not; whoever leaves stops the work; whoever reads slowly holds back only its own stream. Whatever
/// belongs to a connection is touched by its loop's thread alone, and no loop ever waits.
///
/// HTTP/1.1, 1.0, and HTTP/2 with those who begin with it ([FirstBytes]). An upgrade from 1.1 to 2 is ignored.
/// TLS belongs to a proxy in front.
///
/// The end of a client's sending side is not its leaving ([Connection]): what is under way goes on, until the
/// client turns out to be gone, which takes milliseconds.
package dev.runnel.server;
