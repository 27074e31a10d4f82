package dev.runnel.server;

final class Placeholder {}
