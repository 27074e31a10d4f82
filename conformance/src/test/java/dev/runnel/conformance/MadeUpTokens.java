package dev.runnel.conformance;

import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.reply.CallSyntax;
import dev.runnel.engine.reply.Dialect;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.reply.ReplyReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What the engine makes of tokens that no model has sampled.
final class MadeUpTokens {

    private MadeUpTokens() {}

    /// A whole reply of one choice.
    ///
    /// @param tokens bytes each; none for a control token
    /// @param stops strings that end the reply
    static Script script(List<byte[]> tokens, List<String> stops) {
        Dialect plain = new Dialect(Optional.empty(), CallSyntax.UNKNOWN);
        ReplyReader reply = new ReplyReader(
                new ReplyFormat(plain, _ -> ReplyFormat.NO_TOKEN, false, Set.of(), stops, false), 0, _ -> "");
        List<TokenEvent> events = new ArrayList<>(List.of(new TokenEvent.Started(ScriptedServer.MODEL, 1)));
        int used = 0;
        for (byte[] token : tokens) {
            if (!reply.isStopped()) {
                used++;
                reply.token(0, token, null, events::add);
            }
        }
        reply.finish(events::add);
        events.add(new TokenEvent.Finished(0, FinishReason.STOP));
        events.add(new TokenEvent.Usage(9, 4, used, 0));
        return Script.of(events.toArray(TokenEvent[]::new));
    }
}
