package dev.runnel.core;

import java.util.Map;
import java.util.OptionalInt;

/// What an upstream says besides an event, in words that no event has: a vendor's own fields. Opaque to all but
/// whoever speaks the upstream's protocol; it is passed on and never acted upon.
///
/// @param event number in its stream, from 0, of the event it came with; or of the next one, where it came alone
/// @param alone it came with no event
/// @param choice the choice that `ofChoice` and `ofPiece` are of
/// @param ofReply values by name, of the reply as a whole
/// @param ofChoice values by name, of the choice
/// @param ofPiece values by name, of the piece of the choice
public record Extension(
        long event,
        boolean alone,
        OptionalInt choice,
        Map<String, String> ofReply,
        Map<String, String> ofChoice,
        Map<String, String> ofPiece) {}
