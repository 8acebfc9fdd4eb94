# lib.sh - what the scripts of tests/cli share: an empty home for each case, one run, what it must have printed.
#
#   begin NAME          a new case in a new home
#   run RC ARG...       ondol with standard input closed; its exit status must be RC
#   out TEXT / err TEXT standard output / error of the last run holds TEXT; no_out, no_err: is empty
#   json WHAT...        standard output is one JSON text, and holds WHAT (tests/cli/jsoncheck.c)
#   end                 prints ok or not ok
set -u
B=${B:-build}
ONDOL=${ONDOL:-$B/ondol}
case $ONDOL in /*) ;; *) ONDOL=$PWD/$ONDOL ;; esac
TOOLS=${TOOLS:-$(dirname "$ONDOL")/tests/cli}
top=$(mktemp -d "${TMPDIR:-/tmp}/ondol-cli-XXXXXX")
n=0 failed=0 name='' why=''
kept_pids=
trap 'for p in $kept_pids; do kill "$p" 2> /dev/null; done; rm -rf "$top"' EXIT
trap 'exit 1' INT TERM
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME NO_COLOR
export TERM=xterm LC_ALL= LC_MESSAGES= LANG=${LANG_CASE:-C}

new_home() {
    HOME=$top/home.$n XDG_RUNTIME_DIR=$top/run.$n
    mkdir -p "$HOME"
    mkdir -p -m 700 "$XDG_RUNTIME_DIR"
    export HOME XDG_RUNTIME_DIR
}
begin() { n=$((n + 1)); name=$1; why=''; : > "$top/out"; : > "$top/err"; new_home; }
bad() { [ -n "$why" ] || why=$1; }
run() {
    want=$1; shift
    "$ONDOL" "$@" > "$top/out" 2> "$top/err" < /dev/null
    rc=$?
    [ $rc -eq "$want" ] || bad "ondol $*: exit $rc, not $want: $(head -c 300 "$top/err")"
    last="ondol $*"
}
feed() {                                   # feed RC TEXT ARG...: the text on standard input
    want=$1 text=$2; shift 2
    printf '%s' "$text" | "$ONDOL" "$@" > "$top/out" 2> "$top/err"
    rc=$?
    [ $rc -eq "$want" ] || bad "ondol $*: exit $rc, not $want: $(head -c 300 "$top/err")"
    last="ondol $* < text"
}
out() { grep -qF -- "$1" "$top/out" || bad "$last: no '$1' in: $(head -c 600 "$top/out")"; }
err() { grep -qF -- "$1" "$top/err" || bad "$last: no '$1' in error: $(head -c 600 "$top/err")"; }
not_err() { ! grep -qF -- "$1" "$top/err" || bad "$last: '$1' in error: $(head -c 600 "$top/err")"; }
not_out() { ! grep -qF -- "$1" "$top/out" || bad "$last: '$1' in: $(head -c 600 "$top/out")"; }
no_out() { [ ! -s "$top/out" ] || bad "$last: printed: $(head -c 300 "$top/out")"; }
no_err() { [ ! -s "$top/err" ] || bad "$last: said: $(head -c 300 "$top/err")"; }
json() { "$TOOLS/jsoncheck" "$@" < "$top/out" 2> "$top/why" || bad "$last: $(head -c 900 "$top/why")"; }
value() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$top/out" | head -n 1; }      # of the first such text member
is_state() { run 0 home state "$1" --json; json ".entities.0.state.state=$2"; }
end() {
    if [ -z "$why" ]; then echo "ok $n - $name"; else failed=1; echo "not ok $n - $name"; echo "# $why"; fi
}
wait_for() {                               # wait_for FILE TEXT: at most ten seconds
    i=0
    while ! grep -qF -- "$2" "$1" 2> /dev/null; do
        i=$((i + 1))
        [ $i -lt 200 ] || { bad "no '$2' in $1: $(head -c 300 "$1")"; return 1; }
        sleep 0.05
    done
}
start_up() {                               # ondol up in the background; up_pid
    rm -f "$top/up.log"
    "$ONDOL" up "$@" > "$top/up.log" 2>&1 < /dev/null &
    up_pid=$!
    kept_pids="$kept_pids $up_pid"
    wait_for "$top/up.log" sock
}
stop_up() {
    kill -TERM "$up_pid" 2> /dev/null
    wait "$up_pid"
    rc=$?
    [ $rc -eq 0 ] || bad "ondol up ended with $rc: $(tail -n 3 "$top/up.log")"
}
finish() { echo "1..$n"; exit $failed; }
