package dev.runnel.wire;

final class Placeholder {}
