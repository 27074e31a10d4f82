package dev.runnel.core;

/// How much a model that reasons shall do so before it answers. Models that know fewer degrees take the nearest.
public enum ReasoningEffort {
    NONE,
    MINIMAL,
    LOW,
    MEDIUM,
    HIGH,
    XHIGH,
    MAX
}
