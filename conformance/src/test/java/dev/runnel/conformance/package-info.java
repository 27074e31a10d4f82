/// The wire contract, proven from outside: real clients, in the JVM and in Node, read real replies of the real
/// server, and every rule is a test of its own.
///
/// ```
/// Scenario        what is asked, what the scripted backend does about it, and what a client must read
///   Client          one way of one client to ask and to read: raw, with its helper, whole
///     MatrixTest      every client reads every scenario right
///     FailureTest     no client takes a reply that broke off for a complete one, wherever it broke
///     ChunkRulesTest  what no chunk of ours ever looks like, because it would break one of the clients
///     FramingTest     the bytes around the chunks
///     TextTest        any tokens, any stop strings, any cut: stream equals whole
/// ```
///
/// The clients in Node live in `conformance/node/` and are driven through one long-lived process ([NodeClients]).
package dev.runnel.conformance;
