/// The command line, and the only place where the rooms are put together.
///
/// [Main] is the door. [Cli] is the program: what can be asked for, and how each way of ending looks from outside. Each
/// command is a class; options that several share are a class of flags ([EngineFlags], [SourceFlags], [ReplyFlags]).
/// [Shell] is what the program sees of the process around it and [Rooms] what it wants from the other rooms, so a test
/// can be either; [CompositionRoot] is the one implementation that opens engines and relays.
///
/// Flags, environment and files are read here and nowhere else. Standard output is for what was asked for, standard
/// error for people. Whatever fails says so in one sentence and with [ExitCode]; an answer that broke off never ends
/// like a complete one.
package dev.runnel.app;
