package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.Invocation.Return;
import dev.runnel.engine.constraint.State.Call;
import dev.runnel.engine.constraint.State.Callee;
import dev.runnel.engine.constraint.State.TokenEdge;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// All ways to have read a text so far. Each is a state, and the invocation that it is in.
///
/// The kernel holds the ways as the last byte left them; the closure, made when it is first asked for,
/// adds those that are reached by calls and returns alone.
final class Configuration {

    /// More than a grammar that is meant to be used has ways at a time.
    private static final int MAX_WAYS = 1_000;

    record Way(State state, Invocation within) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Way(State more, Invocation where) && more == state && where == within;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(state) * 31 + System.identityHashCode(within);
        }
    }

    private final List<Way> kernel;
    private @Nullable List<Way> closure;
    private ByteSet first = ByteSet.NONE;
    private boolean reachesEnd;

    Configuration(List<Way> kernel) {
        this.kernel = kernel;
    }

    static Configuration of(State state, Invocation within) {
        return new Configuration(List.of(new Way(state, within)));
    }

    List<Way> kernel() {
        return kernel;
    }

    /// Whether what lies below the stack is reached with no further byte.
    boolean reachesEnd() {
        closure();
        return reachesEnd;
    }

    List<Way> closure() {
        List<Way> known = closure;
        if (known == null) {
            known = close();
            closure = known;
        }
        return known;
    }

    /// The ways behind a byte; null if there are none.
    @Nullable
    Configuration step(int value) {
        List<Way> ways = closure();
        if (!first.contains(value)) {
            return null;
        }
        Distinct<Way> next = new Distinct<>();
        for (Way each : ways) {
            State then = each.state().next(value);
            if (then != State.DEAD) {
                next.add(new Way(then, each.within()));
            }
        }
        return of(next);
    }

    /// The ways behind a token that is taken by its id; they are added to those of another way to read
    /// it.
    @Nullable
    Configuration stepToken(int id, @Nullable Configuration otherwise) {
        Distinct<Way> next = new Distinct<>();
        if (otherwise != null) {
            otherwise.kernel.forEach(next::add);
        }
        for (Way each : closure()) {
            for (TokenEdge edge : each.state().tokens()) {
                if (edge.id() == id) {
                    next.add(new Way(edge.then(), each.within()));
                }
            }
        }
        return of(next);
    }

    private static @Nullable Configuration of(Distinct<Way> kernel) {
        return kernel.elements().isEmpty() ? null : new Configuration(kernel.elements());
    }

    private List<Way> close() {
        Set<Way> found = new LinkedHashSet<>();
        List<Way> work = new ArrayList<>();
        IdentityHashMap<Callee, Invocation> invocations = new IdentityHashMap<>(); // made at this position
        Set<Invocation> growing = new HashSet<>(); // the same
        IdentityHashMap<Invocation, Boolean> ended = new IdentityHashMap<>(); // of those
        for (Way each : kernel) {
            if (found.add(each)) {
                work.add(each);
            }
        }
        while (!work.isEmpty()) {
            if (found.size() > MAX_WAYS) {
                throw new ConstraintException(
                        "the grammar",
                        "is too ambiguous: there are more than %d ways to read the text so far".formatted(MAX_WAYS));
            }
            Way way = work.removeLast();
            first = first.or(way.state().first());
            if (way.state().accepts()) {
                Invocation within = way.within();
                if (within.isReal()) {
                    ended.put(within, true);
                    for (Return each : within.returns()) {
                        reach(new Way(each.state(), each.within()), found, work);
                    }
                } else {
                    reachesEnd = true;
                }
            }
            for (Call call : way.state().calls()) {
                Invocation invocation = invocations.get(call.callee());
                if (invocation == null) {
                    invocation = new Invocation();
                    invocations.put(call.callee(), invocation);
                    growing.add(invocation);
                    reach(new Way(call.callee().start(), invocation), found, work);
                }
                boolean hasEnded = ended.containsKey(invocation);
                for (Return each : returnsOf(call, way.within(), growing)) {
                    if (invocation.add(each) && hasEnded) {
                        reach(new Way(each.state(), each.within()), found, work);
                    }
                }
            }
        }
        return List.copyOf(found);
    }

    /// A call with nothing behind it returns to where its caller returns, so that a list that is written
    /// as a recursion doesn't grow the stack.
    private static List<Return> returnsOf(Call call, Invocation within, Set<Invocation> growing) {
        return call.then().isEndOnly() && within.isReal() && !growing.contains(within)
                ? within.returns()
                : List.of(new Return(call.then(), within));
    }

    private static void reach(Way way, Set<Way> found, List<Way> work) {
        if (found.add(way)) {
            work.add(way);
        }
    }
}
