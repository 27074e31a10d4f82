/// What a text may be, enforced token by token: JSON, a JSON Schema, a grammar in llama.cpp's notation,
/// tool calls.
///
/// ```
/// Grammar  --Constraint.compile-->  Constraint  --start-->  ConstraintState  --allowed/mask, accept-->  …
/// ```
///
/// The door: a [Grammar] says what is wanted, as a value. [Constraint#compile] makes it enforceable for
/// one [ConstraintVocabulary], or refuses it in one sentence that names the keyword
/// ([ConstraintException]). Each sequence has a [ConstraintState], which says before each token which
/// ones may come. Nothing here knows models, sampling, requests or the wire.
///
/// **The invariants.** A text that ends where [ConstraintState#isComplete] is in the grammar; what a
/// schema's grammar generates, the schema admits. Nothing is loosened: what can't be kept is refused by
/// name. There is no dead end: from every text that is accepted some tokens lead to a complete one. The
/// schemas of a grammar take bounded time and memory, all together (`Budget`), and so does a mask (`Frame`).
///
/// ## How a mask is made
///
/// - A grammar becomes nondeterministic automata over bytes that call each other (`Nfa`), and those
/// become deterministic as far as they are reached (`Subsets`; `StringState` for JSON's strings, whose
/// patterns, formats and lengths are an automaton over decoded characters). Small rules and rules with
/// one caller are built in, so that alternatives with a common beginning are one state.
/// - All ways to have read a text are held at once, on a graph-structured stack (`Configuration`,
/// `Invocation`; Tomita 1986, Scott and Johnstone 2010): an ambiguous grammar costs a polynomial, not an
/// exponential.
/// - The vocabulary is a trie of bytes in memory order, made once for a model (`TokenTrie`; as llguidance
/// does).
/// - The mask of a stack is the union of what its frames allow. A frame, a state entered at some nodes of
/// the trie, allows tokens by itself and ends at other nodes, where the frame below goes on (`Frame`).
/// That doesn't depend on what lies below, so it is computed once and remembered: the split into tokens
/// that don't depend on the context and those that do is XGrammar's (Dong et al. 2024), the index from
/// states to tokens that of Outlines (Willard and Louf 2023). States inside plain strings are the same
/// for all constraints of a vocabulary.
///
/// ## What is generated of what a schema admits
///
/// A mask restricts what is written; that a document is valid doesn't mean that it can be generated:
///
/// - Members of an object come in the order in which the schema lists them, optional ones left out or
/// not; those that it doesn't list come last. Additional members may repeat a name, which readers take as
/// the last.
/// - White space: behind `{`, `[` and commas and before `}` and `]` nothing, a space, or a line break and
/// up to 40 blanks; behind colons nothing or a space; before a document nothing.
/// Nowhere else.
/// - Numbers have at most 16 digits before and behind the point and an exponent of two digits; those with
/// bounds or `multipleOf` no exponent. Multiples of what is above 50 without its factors 2 and 5 have at
/// most 8 digits before the point. A bound that has more allows as many. An integer has no fraction. `enum`
/// and `const` are written as in the schema.
/// - Strings are sound Unicode: no lone surrogates. `maxLength` above 16,383 is 16,383; `maxItems` above
/// 2,000 is 2,000.
/// - `format` is enforced, a little narrower than its definition (`Formats`); a format that isn't known
/// is refused. `pattern` is ECMA-262 with the `u` flag without look-around, back references and word
/// boundaries.
/// - `oneOf`: where options overlap, each is narrowed by what the others say; if that has no words, it is
/// refused. `not`, `if` and `else` work as far as the negation has words (`Negation`).
/// - `uniqueItems` is enforced where the items are an `enum` (in its order, if it lists more than six
/// values), `contains` once in a schema. `minProperties` beyond the named properties, `maxContains`,
/// `$dynamicRef`, references out of the document and `$id` inside it are refused.
/// - Beside `$ref` other keywords count, in every draft. Unknown keywords ask for nothing; in what is to be
/// negated they are refused.
package dev.runnel.engine.constraint;
