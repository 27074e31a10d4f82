package dev.runnel.engine;

final class Placeholder {}
