/// The command line, and the only place where the rooms are put together.
package dev.runnel.app;
