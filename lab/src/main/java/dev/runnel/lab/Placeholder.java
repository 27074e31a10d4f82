package dev.runnel.lab;

final class Placeholder {}
