import org.jspecify.annotations.NullMarked;

/// Measures any backend; knows no HTTP.
@NullMarked
module dev.runnel.lab {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires HdrHistogram; // percentiles of millions of gaps in constant memory, to three digits

    exports dev.runnel.lab;
    exports dev.runnel.lab.report;
}
