/// OpenAI's JSON and server-sent events to core types and back, in both directions.
///
/// A server comes in through [WireRequest] and leaves through [ChunkWriter] or [CompletionWriter], or through
/// [Errors]; questions about text and tokens come in as a [TextRequest] and leave through [TextReplies]. A relay goes
/// the other way: out through [RequestWriter], back in through [SseReader] and
/// [ChunkReader], [CompletionReader] or [ErrorReader].
///
/// What holds here: a request is done as it was asked, or refused with the name of the field that can't be;
/// `data: [DONE]` is written for no completion that is not whole, and read from none. Readers take what
/// harmless differences there are, writers give one form: the one all clients read.
///
/// Nothing outside this room knows a name of the wire's; nothing in it knows HTTP beyond a status and a
/// header.
package dev.runnel.wire;
