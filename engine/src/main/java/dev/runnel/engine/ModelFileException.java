package dev.runnel.engine;

/// A model file that can't be used: damaged, hostile, or of a kind this engine doesn't read. The message is
/// one sentence that names the file, the thing in it, what was found and what was expected.
public final class ModelFileException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /// Longest fault that is told in full, in characters: names and values in it may come from a hostile
    /// file.
    private static final int LONGEST_FAULT = 1000;

    /// @param file the file's name
    /// @param fault what is wrong in it, without the file's name
    public ModelFileException(String file, String fault) {
        super(file + ": " + printable(fault));
    }

    /// On one line, not endless, and without what would move a terminal's cursor.
    private static String printable(String fault) {
        String start = fault.length() <= LONGEST_FAULT ? fault : fault.substring(0, LONGEST_FAULT) + "…";
        return start.replaceAll("\\p{Cntrl}", "?");
    }
}
