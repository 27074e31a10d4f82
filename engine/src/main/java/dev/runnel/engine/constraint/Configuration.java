package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.Invocation.Return;
import dev.runnel.engine.constraint.State.Call;
import dev.runnel.engine.constraint.State.Callee;
import dev.runnel.engine.constraint.State.TokenEdge;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// All ways to have read a text so far. Each is a thread: a state, and the invocation that it is in.
///
/// The kernel holds the threads as the last byte left them; the closure, made when it is first asked for, adds those
/// that are reached by calls and returns alone.
final class Configuration {

    /// More than a grammar that is meant to be used has ways at a time.
    private static final int MAX_THREADS = 20_000;

    record Thread(State state, Invocation within) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Thread(State more, Invocation where) && more == state && where == within;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(state) * 31 + System.identityHashCode(within);
        }
    }

    private final List<Thread> kernel;
    private @Nullable List<Thread> closure;
    private ByteSet first = ByteSet.NONE;
    private boolean reachesEnd;

    Configuration(List<Thread> kernel) {
        this.kernel = kernel;
    }

    static Configuration of(State state, Invocation within) {
        return new Configuration(List.of(new Thread(state, within)));
    }

    List<Thread> kernel() {
        return kernel;
    }

    /// Whether what lies below the stack is reached with no further byte.
    boolean reachesEnd() {
        closure();
        return reachesEnd;
    }

    List<Thread> closure() {
        List<Thread> known = closure;
        if (known == null) {
            known = close();
            closure = known;
        }
        return known;
    }

    /// The threads behind a byte; null if there are none.
    @Nullable Configuration step(int value) {
        List<Thread> threads = closure();
        if (!first.contains(value)) {
            return null;
        }
        List<Thread> next = new ArrayList<>(4);
        for (Thread each : threads) {
            State then = each.state().next(value);
            if (then != State.DEAD) {
                add(next, new Thread(then, each.within()));
            }
        }
        return next.isEmpty() ? null : new Configuration(next);
    }

    /// The threads behind a token that is taken by its id; they are added to those of another way to read it.
    @Nullable Configuration stepToken(int id, @Nullable Configuration otherwise) {
        List<Thread> next = otherwise == null ? new ArrayList<>(2) : new ArrayList<>(otherwise.kernel);
        for (Thread each : closure()) {
            for (TokenEdge edge : each.state().tokens()) {
                if (edge.id() == id) {
                    add(next, new Thread(edge.then(), each.within()));
                }
            }
        }
        return next.isEmpty() ? null : new Configuration(next);
    }

    private static void add(List<Thread> threads, Thread thread) {
        if (!threads.contains(thread)) {
            threads.add(thread);
        }
    }

    private List<Thread> close() {
        Set<Thread> found = new LinkedHashSet<>();
        List<Thread> work = new ArrayList<>();
        Map<Callee, Invocation> invocations = new IdentityHashMap<>(); // made at this position
        Map<Invocation, Boolean> ended = new IdentityHashMap<>(); // of those
        for (Thread each : kernel) {
            if (found.add(each)) {
                work.add(each);
            }
        }
        while (!work.isEmpty()) {
            if (found.size() > MAX_THREADS) {
                throw new ConstraintException("the grammar", "is too ambiguous: there are more than %,d ways to read the text so far".formatted(MAX_THREADS));
            }
            Thread thread = work.removeLast();
            first = first.or(thread.state().first());
            if (thread.state().accepts()) {
                Invocation within = thread.within();
                if (within.isReal()) {
                    ended.put(within, true);
                    for (Return each : within.returns()) {
                        reach(new Thread(each.state(), each.within()), found, work);
                    }
                } else {
                    reachesEnd = true;
                }
            }
            for (Call call : thread.state().calls()) {
                Invocation invocation = invocations.get(call.callee());
                if (invocation == null) {
                    invocation = new Invocation();
                    invocations.put(call.callee(), invocation);
                    reach(new Thread(call.callee().start(), invocation), found, work);
                }
                boolean hasEnded = ended.containsKey(invocation);
                for (Return each : returnsOf(call, thread.within(), invocations)) {
                    if (!invocation.returns().contains(each)) {
                        invocation.returns().add(each);
                        if (hasEnded) {
                            reach(new Thread(each.state(), each.within()), found, work);
                        }
                    }
                }
            }
        }
        return List.copyOf(found);
    }

    /// A call with nothing behind it returns to where its caller returns, so that a list that is written as a
    /// recursion doesn't grow the stack.
    private static List<Return> returnsOf(Call call, Invocation within, Map<Callee, Invocation> growing) {
        return call.then().isEndOnly() && within.isReal() && !growing.containsValue(within)
                ? within.returns()
                : List.of(new Return(call.then(), within));
    }

    private static void reach(Thread thread, Set<Thread> found, List<Thread> work) {
        if (found.add(thread)) {
            work.add(thread);
        }
    }
}
