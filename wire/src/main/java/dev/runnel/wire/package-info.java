/// OpenAI's JSON and server-sent events to core types and back, in both directions.
///
/// A server comes in through [WireRequest], which tells what to ask of a backend, and leaves through what
/// that request makes for it: an [EventWriter] or a [WholeWriter], of chats, of texts or of responses.
/// Refusals leave through [Errors]; questions about a model's tokens are [CodecRequest]s. A relay goes
/// the other way: out through [RequestWriter], back in through [SseReader] and [ChunkReader],
/// [CompletionReader] or [ErrorReader].
///
/// ```
/// RequestReader    chats and texts          ChunkWriter           CompletionWriter   their replies
///   MessagesReader   a conversation           LogprobsObject, UsageObject, FinishReasons
///   ToolsReader      tools and formats      ResponseEventWriter   ResponseWriter     those of responses
///   SamplingReader   what all word alike      ResponseOutput
/// ResponsesReader  responses
/// ```
///
/// What holds here: a request is done as it was asked, or refused with the name of the field that can't be;
/// `data: [DONE]` is written for no completion that is not whole, and read from none. Readers take what
/// harmless differences there are, writers give one form: the one all clients read.
///
/// Nothing outside this room knows a name of the wire's; nothing in it knows HTTP beyond a status and a
/// header.
package dev.runnel.wire;
