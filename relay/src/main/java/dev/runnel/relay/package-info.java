/// An upstream's address to a backend: any server that speaks OpenAI's protocol gives the events that the
/// embedded engine gives, in the same order and with the same promises.
///
/// [Upstream] is the door. Behind it a [RelayedStream] turns one request into JSON and the bytes that come
/// back into events, with the words of [dev.runnel.wire]; a [Call] is one HTTP exchange, with its silence,
/// its refusals and its faults; [Network] is the event loop and the pool of connections. Nothing outside
/// sees HTTP.
///
/// - The upstream is always asked for a stream and for its usage, so whole and streamed replies are one
///   path.
/// - **An answer without usage is a failure**, though every choice has finished: a guessed count would be a
///   lie, and usage is what makes a stream complete. So are an answer that ends early, silence, and
///   anything that isn't a stream. Each is one sentence that names the upstream.
/// - A reader that takes its time holds back its own answer and nothing else. One that leaves ends the
///   connection at once, or its stream of one, which is how an upstream learns to stop working.
/// - **Nothing is tried again of which something has come.** Before its first event a request that was refused
///   for the moment, or whose connection broke, is sent again a few times ([Retries]), no sooner than the
///   upstream allows and never for a reader that has left. A refusal of the name `max_tokens` is answered with
///   the other name. Redirects are not followed, as they would take the key elsewhere.
/// - In HTTP/2 completions are streams of shared connections. Leaving one resets it, and nothing else; a
///   connection on which one was met by silence takes no new ones.
///
/// It knows no flags and no environment: the address and the key are given to it.
package dev.runnel.relay;
