package dev.runnel.engine.model;

/// One way in which a [Family] may differ from Llama. Each kind of trait is one choice, described where it
/// acts; a family that doesn't choose has what Llama has.
sealed interface Trait
        permits RopeOrder, Positions, Norm.Kind, NormPlaces, HeadNorms, Mlp.Kind, Locality, Caps, ScaleByWidth, Quirk {}
