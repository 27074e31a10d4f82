package dev.runnel.relay;

final class Placeholder {}
