#!/bin/sh
# Builds Brummer and shows it at work: starts the demo in your own daemon (as any project of yours would
# be), then attaches the terminal UI, or follows the logs where there is no terminal.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH='' cd -- "$here/../.." && pwd -P)

missing=0
need() {
    command -v "$1" >/dev/null 2>&1 && return
    printf '%s is missing: %s\n' "$1" "$2" >&2
    missing=1
}
need cargo 'it builds Brummer; install Rust from https://rustup.rs'
need cc 'it links programs and compiles SQLite; install gcc or clang (Debian, Ubuntu: apt install build-essential)'
need python3 'the demo is written in it; install Python 3'
[ "$missing" -eq 0 ] || exit 1

printf 'Building Brummer (the first time takes some minutes)...\n' >&2
# The dev profile: compiled in a fraction of the release profile's time, and `cargo test` uses it too.
(cd "$root" && cargo build --workspace --bins)
target=$(cd "$root" && cargo metadata --no-deps --offline --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
bin=$target/debug

# A word as it can be pasted into a shell.
quoted() {
    case $1 in
        *[!A-Za-z0-9_./:@%+=,-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s' "$1" ;;
    esac
}

farewell() {
    ctl=$(quoted "$bin/brummerctl")
    tui=$(quoted "$bin/brummer-tui")
    demo=$(quoted "$here")
    cat >&2 <<END

The demo keeps running. From any other terminal:
  $tui -p $demo
  $ctl -p $demo ps
  $ctl -p $demo logs -f
  $ctl -p $demo errors
  $ctl -p $demo urls
Clean up:
  $ctl -p $demo down
  $ctl projects rm $demo
  $ctl daemon stop
END
}

# 7 = some run and others do not; the demo has one that is meant to fail.
status=0
"$bin/brummerctl" -p "$here" up -d || status=$?
case $status in
    0 | 7) ;;
    *) exit "$status" ;;
esac

trap farewell EXIT
# Ctrl-C ends what runs below; then this script still says what it has to say.
trap : INT
status=0
if [ -t 0 ] && [ -t 1 ]; then
    "$bin/brummer-tui" -p "$here" || status=$?
else
    "$bin/brummerctl" -p "$here" logs -f || status=$?
fi
# 130: somebody pressed Ctrl-C, which is how following ends.
[ "$status" -eq 130 ] && status=0
exit "$status"
