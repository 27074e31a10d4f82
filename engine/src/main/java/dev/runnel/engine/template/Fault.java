package dev.runnel.engine.template;

/// What ends a rendering; becomes a [TemplateException] once template and line are known.
final class Fault extends RuntimeException {

    private static final long serialVersionUID = 1;

    Fault(String what) {
        super(what, null, false, false);
    }
}
