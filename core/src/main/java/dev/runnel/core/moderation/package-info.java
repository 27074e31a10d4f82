/// What may not be said, kept from readers while a reply is made.
///
/// A stream shows a reply before it is whole, so whoever looks at it afterwards looks too late. A [Moderation] looks
/// first: it holds back the end of the text as long as it may be the beginning of a phrase of the [Blocklist], and
/// nothing else. So nothing of such a phrase ever leaves, however the text is cut into pieces, a whole reply and a
/// streamed one are cut at the same place, and text that begins no phrase isn't held back at all.
///
/// What a [Moderator] flags is kept from them as well: each sentence waits for its judgement, while the next is made.
@NullMarked
package dev.runnel.core.moderation;

import org.jspecify.annotations.NullMarked;
