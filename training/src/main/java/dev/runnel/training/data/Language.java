package dev.runnel.training.data;

/// What a conversation is in.
public enum Language {
    CHINESE("zh"),
    ENGLISH("en");

    private final String code;

    Language(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }

    Language other() {
        return this == CHINESE ? ENGLISH : CHINESE;
    }
}
