package dev.runnel.engine.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/// What a template computes with: Python's values, as far as templates meet them.
sealed interface Value
        permits Text,
                Dict,
                Loop,
                Value.Undefined,
                Value.None,
                Value.Bool,
                Value.Numeric,
                Value.Sequence,
                Value.Namespace,
                Value.Function {

    /// The absence of a value: prints as nothing, is false and empty; anything else done with it is a fault.
    ///
    /// @param why what to say then, such as `'tools' is undefined`
    record Undefined(String why) implements Value {}

    enum None implements Value {
        NONE
    }

    record Bool(boolean value) implements Value {
        static final Bool TRUE = new Bool(true);
        static final Bool FALSE = new Bool(false);

        static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }
    }

    sealed interface Numeric extends Value {}

    record Int(BigInteger value) implements Numeric {
        static Int of(long value) {
            return new Int(BigInteger.valueOf(value));
        }
    }

    /// Python's `float`.
    record Real(double value) implements Numeric {}

    /// What has elements in an order.
    sealed interface Sequence extends Value {
        List<Value> items();
    }

    /// Python's `list`; a template may change it.
    record Array(List<Value> items) implements Sequence {}

    /// Never changes.
    record Tuple(List<Value> items) implements Sequence {}

    /// What `namespace()` makes: attributes that inner scopes may set.
    record Namespace(Map<String, Value> attributes) implements Value {}

    /// A macro, a global function, or a method bound to its object.
    record Function(String name, Body body) implements Value {

        @FunctionalInterface
        interface Body {
            Value call(Arguments arguments, Budget budget);
        }
    }
}
