/// A completion is a stream of token events, and the whole answer is a fold of that stream.
///
/// A [Backend] turns a [CompletionRequest] into a [CompletionStream] of [TokenEvent]s in this order, and in no other:
///
/// ```
/// Started  (Text | Thinking | Refusal | Call | Arguments | Finished)*  Usage
/// ```
///
/// where every choice has exactly one `Finished`, and nothing of a choice follows it. [Completion] is the fold: what a
/// client that asks for the whole reply receives. Failure is not an event: the stream fails with a [BackendException],
/// and a stream that ends without `Usage` has failed. Closing or cancelling a stream cancels the work behind it.
///
/// Events are pushed ([java.util.concurrent.Flow]); [CompletionStream] puts a blocking loop and a future on top.
/// [EventChannel] is the one class that does Flow's hard part. What acts on a stream is a [Stage].
///
/// Nothing here knows JSON, HTTP, GGUF or a vendor's name.
package dev.runnel.core;
