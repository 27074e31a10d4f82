# Sourced by `train` and `evaluate`: builds where something has changed, then runs a class. TRAINING_JAVA_OPTS is passed
# to the JVM.
set -eu

home=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)

die() {
    echo "training: $*" >&2
    exit 1
}

. "$home/.mvn/find-jdk.sh"
JAVA_HOME=$(find_jdk)
export JAVA_HOME

run() {
    target=$home/training/target
    built=$target/built
    if [ ! -e "$built" ] || [ -n "$(cd "$home" && find pom.xml training/pom.xml training/trainer.xml training/src/main \
        core/src/main wire/src/main engine/src/main relay/src/main -newer "$built" -print | head -n 1)" ]; then
        echo "training: building …" >&2
        mkdir -p "$target"
        if ! (cd "$home" && mvn -q -f training package -DskipTests -Dspotless.check.skip=true) >"$target/build.log" 2>&1; then
            cat "$target/build.log" >&2
            die "the build failed; the log above is $target/build.log"
        fi
        touch "$built"
    fi
    # Without the range checks of vectors, which the tests run with, a step takes a tenth less.
    # shellcheck disable=SC2086 # options are words
    exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector \
        -Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0 ${TRAINING_JAVA_OPTS:-} \
        -cp "$target/classes:$target/lib/*" "$@"
}
