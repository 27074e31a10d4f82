package dev.runnel.app;

/// The program's entry.
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        IO.println("hello");
    }
}
