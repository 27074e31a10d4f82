package dev.runnel.lab.report;

/// What stands in a section, one below the other.
public sealed interface Block permits Prose, Table, Chart {}
