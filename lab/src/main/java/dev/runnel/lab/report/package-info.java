/// What was measured, as a page to look at: one HTML file that needs nothing beside it, neither a network nor scripts.
///
/// [Report] is the door. It is a list of [Section]s, a section a list of [Block]s: [Prose], a [Table], or a [Chart],
/// which is one of [Distribution], [Timelines], [Lines] and [Bars]. They are plain data; [Report#html] draws them all,
/// [Chart#svg] one alone, for a notebook or a README.
///
/// Drawing knows no backend and no measurement. Whatever text it is given is text, never markup. Numbers are doubles,
/// and times are seconds; [Quantity] decides how they are written, and axes have their ticks at round values. What is
/// left out of a drawing because it could not be seen is said beneath it.
package dev.runnel.lab.report;
