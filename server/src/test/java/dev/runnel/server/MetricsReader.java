package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads Prometheus' text format as strictly as a test can: every line is known, every family is announced
/// before its samples and whole, no sample is there twice, and every histogram is one.
record MetricsReader(String text, Map<String, Double> samples) {

    private static final Pattern HELP = Pattern.compile("# HELP ([a-z_]+) [^\\\\]+");
    private static final Pattern TYPE = Pattern.compile("# TYPE ([a-z_]+) (counter|gauge|histogram)");
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-z_]+)(\\{[a-z_]+=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\"(?:,[a-z_]+=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\")*})?"
                    + " ([0-9]+(?:\\.[0-9]+)?(?:E-?[0-9]+)?)");

    static MetricsReader of(String text) {
        assertThat(text).endsWith("\n");
        Map<String, Double> samples = new LinkedHashMap<>();
        Set<String> families = new HashSet<>();
        String helped = "";
        String family = "";
        String type = "";
        double bucket = 0;
        for (String line : text.lines().toList()) {
            Matcher help = HELP.matcher(line);
            Matcher typed = TYPE.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (help.matches()) {
                helped = help.group(1);
                assertThat(families.add(helped)).as(line).isTrue();
            } else if (typed.matches()) {
                family = typed.group(1);
                type = typed.group(2);
                assertThat(family).as(line).isEqualTo(helped);
                assertThat(family.endsWith("_total")).as(line).isEqualTo(type.equals("counter"));
            } else {
                assertThat(sample.matches()).as(line).isTrue();
                String name = sample.group(1);
                double value = Double.parseDouble(sample.group(3));
                assertThat(samples.put(line.substring(0, line.lastIndexOf(' ')), value))
                        .as(line)
                        .isNull();
                if (type.equals("histogram")) {
                    assertThat(name).isIn(family + "_bucket", family + "_sum", family + "_count");
                    if (name.endsWith("_bucket")) {
                        assertThat(value).as(line).isGreaterThanOrEqualTo(bucket);
                        bucket = value;
                    } else if (name.endsWith("_count")) {
                        assertThat(value).as(line).isEqualTo(bucket);
                        bucket = 0;
                    }
                } else {
                    assertThat(name).isEqualTo(family);
                }
            }
        }
        return new MetricsReader(text, samples);
    }

    /// @param sample name and labels as they are written
    double value(String sample) {
        assertThat(samples).containsKey(sample);
        return samples.get(sample);
    }

    Set<String> names() {
        Set<String> names = new HashSet<>();
        samples.keySet().forEach(sample -> names.add(sample.replaceFirst("\\{.*", "")));
        return names;
    }

    int requestsBesidesMetrics() {
        return (int) samples.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("runnel_requests_total{"))
                .filter(sample -> !sample.getKey().contains("endpoint=\"metrics\""))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }
}
