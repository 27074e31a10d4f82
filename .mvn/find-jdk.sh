# Sourced by the scripts of this checkout: `find_jdk` prints the folder of a JDK that is new enough, whatever `java` is
# on the PATH, or fails.

needed=25

# A JDK says its version in its release file, which is quicker to ask than the JVM.
is_jdk() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
    [ "${version:-0}" -ge "$needed" ]
}

find_jdk() {
    for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if [ -n "$jdk" ] && is_jdk "$jdk"; then
            echo "$jdk"
            return
        fi
    done
    echo "${0##*/}: needs a JDK $needed or newer and found none in JAVA_HOME (${JAVA_HOME:-not set}), /usr/lib/jvm or" \
        "the other usual places; install one, for example from https://adoptium.net, or set JAVA_HOME to it" >&2
    return 1
}
