package dev.runnel.engine.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/// The fused multiply-add, `a * b + c` rounded once, where the processor has it.
///
/// Without the instruction [Math#fma] is exact arithmetic on `BigDecimal`, thousands of times slower. Such a
/// processor (x86 before 2013) rounds twice, and its results differ in the last bits from everybody else's.
final class Fused {

    static final boolean AVAILABLE = detect();

    private Fused() {}

    static float multiplyAdd(float a, float b, float c) {
        return AVAILABLE ? Math.fma(a, b, c) : a * b + c;
    }

    private static boolean detect() {
        var hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        return hotSpot == null
                || Boolean.parseBoolean(hotSpot.getVMOption("UseFMA").getValue());
    }
}
