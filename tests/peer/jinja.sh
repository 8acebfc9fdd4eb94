#!/bin/sh
# jinja.sh - our template engine beside npm @huggingface/jinja: the same bytes, and errors where it has errors. Prints TAP.
#
# PEERS is a folder with jinja/ (npm @huggingface/jinja, unpacked) and llama.cpp/models/templates/ inside; node must be installed.
# Without them the comparison is skipped. SHOW=n prints the first n differences of each template (3).
set -u
B=${B:-build}
here=$(dirname "$0")
skip() { echo "ok 1 - templates as the reference renders them # SKIP $1"; echo "1..1"; exit 0; }
[ -n "${PEERS:-}" ] && [ -d "$PEERS/jinja/dist" ] && [ -d "$PEERS/llama.cpp/models/templates" ] || skip "PEERS has no jinja and llama.cpp"
command -v node > /dev/null || skip "node is not installed"
[ -x "$B/tests/peer/jinja_render" ] || { echo "not ok 1 - $B/tests/peer/jinja_render is not built"; echo "1..1"; exit 1; }
node "$here/jinja_oracle.mjs" cases "$PEERS" | "$B/tests/peer/jinja_render" | node "$here/jinja_oracle.mjs" compare "$PEERS"
