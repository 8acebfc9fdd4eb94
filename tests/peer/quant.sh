#!/bin/sh
# quant.sh - our rows and files beside ggml's: floats of rows, error of quantisers, types and error of whole files.
B=${B:-build}
PEERS=${PEERS:-$PWD/$B/peers}
rc=0
"$B/tests/peer/quant_dequant" || rc=1
"$B/tests/peer/quant_peer" || rc=1
"$B/tests/peer/quant_file" "$B/tests/peer/llama_peer" "$PEERS/x64/bins/linux-x64" || rc=1
exit $rc
