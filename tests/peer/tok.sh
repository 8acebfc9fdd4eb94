#!/bin/sh
# tok.sh - our tokenizers beside llama.cpp's: every vocabulary of its repository, every row of pre.def, every flag. Prints TAP.
#
# PEERS is a folder with llama.cpp/models/ggml-vocab-*.gguf and x64/ (libllama) inside. Without them the comparison is
# skipped. TOK_ROUNDS random texts a vocabulary (40); BENCH=file measures encoding that file.
set -u
B=${B:-build}
ROUNDS=${TOK_ROUNDS:-40}
models=${PEERS:-}/llama.cpp/models
peer=$B/tests/peer/tok_peer
skip() { echo "ok 1 - tokens as the reference makes them # SKIP $1"; echo "1..1"; exit 0; }
[ -n "${PEERS:-}" ] && [ -f "$models/ggml-vocab-gpt-2.gguf" ] || skip "PEERS has no vocabularies of llama.cpp"
[ -x "$peer" ] || { echo "not ok 1 - $peer is not built"; echo "1..1"; exit 1; }
shared=
[ -n "${ONDOL_SHARED:-}" ] && shared=$(ls "$ONDOL_SHARED"/models/llm/*.gguf 2>/dev/null)
# shellcheck disable=SC2086
"$peer" rounds="$ROUNDS" ${BENCH:+bench="$BENCH"} "$models"/ggml-vocab-*.gguf $shared \
    rounds="$((ROUNDS / 4 + 1))" pre=all "$models/ggml-vocab-gpt-2.gguf" \
    rounds="$ROUNDS" flags "$models/ggml-vocab-nomic-bert-moe.gguf" "$models/ggml-vocab-llama-spm.gguf" \
    "$models/ggml-vocab-bert-bge.gguf" "$models/ggml-vocab-gpt-2.gguf" small=40
