#!/bin/sh
# perplexity.sh - `ondol perplexity` beside libllama, live, over the same chunks of the same text: in F32 within 0.1 %. TAP.
# B is the build folder, PEERS the one with x64/ (see tools/peers.sh), ONDOL_SHARED the real models (skipped without).
#
# Both sides read the file and make the tokens themselves; the number of chunks and of scored tokens must be the same, too.
# The llama_peer's command is written after llama.cpp's tools/perplexity. Flash attention is off there: with it llama.cpp sums
# values in half floats.
set -u
B=${B:-build}
ONDOL=${ONDOL:-$B/ondol}
GEN=${GEN:-$B/tools/gen}
PEERS=${PEERS:-$PWD/$B/peers}
lib=$PEERS/x64/bins/linux-x64
export LD_LIBRARY_PATH="$lib"
dir=$(mktemp -d /tmp/ondol-perplexity-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
export HOME="$dir" XDG_CACHE_HOME=
n=0 bad=0
is() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
skip() { n=$((n + 1)); echo "ok $n - $1 # skip $2"; }

cat > "$dir/text" << 'END'
Once upon a time, there was a little girl named Lily. She loved to play outside in the park with her friends. One day, Lily saw a
big dog near the old tree. The dog was sad because it had lost its ball. "Can I help you?" asked Lily. The dog wagged its tail, and
they looked for the ball together. They looked under the bench, behind the tree and in the tall grass.

After a while, Lily found the ball in a hole. "Here it is!" she said, and the dog was very happy. It ran around and barked. Lily's
mom came and said, "You are a good girl. You helped the dog." Lily smiled and hugged her mom. Then they went home to eat soup and
bread. That night Lily dreamed of the dog and the ball, and she was happy.

The next day it was raining; the sky was grey, and 3 birds sat on the wet roof. Tim and Ben wanted to go out, but their dad said
no. "Let us build a house with blocks," he said. They built a big house with a red door and two windows, and a small cat came and
sat in it. Everybody laughed. When the sun came out, they ran into the garden and jumped in the puddles until it was time for bed.
END
for i in 1 2 3; do cat "$dir/text"; done > "$dir/long"

# check NAME MODEL CHUNK TEXT
check() {
    theirs=$(echo "perplexity $3 $4" | "$B/tests/peer/llama_peer" "$lib" "$2" threads=1 flash=0 ctx="$3" 2> "$dir/log" | sed 1d)
    "$ONDOL" perplexity "$2" "$4" --ctx "$3" --threads 1 --json > "$dir/ours" 2> "$dir/err"
    ours=$(sed 's/.*"perplexity":\([^,]*\),.*"tokens":\([0-9]*\),"chunks":\([0-9]*\).*/\1 \2 \3/' "$dir/ours")
    far=$(echo "$ours $theirs" | awk 'NF == 6 && $4 > 1 { d = $1 / $4 - 1; printf "%.6f", 100 * (d < 0 ? -d : d) }')
    echo "$ours $theirs" | awk -v far="$far" 'END { exit !(NF == 6 && $2 == $5 && $3 == $6 && $3 >= 2 && far != "" && far + 0 <= 0.1) }'
    is $? "$1, chunks of $3: $ours, llama.cpp $theirs (value, tokens, chunks), ${far:-?} % apart"
    [ -n "$far" ] || { cat "$dir/err"; tail -n 3 "$dir/log"; }
}

real=${ONDOL_SHARED:-}/models/llm/stories260K-f32.gguf
if [ -f "$real" ]; then
    for chunk in 32 100 256; do check stories260K "$real" $chunk "$dir/long"; done
else
    skip "stories260K" "no shared models"
fi
for family in llama llama-gpt2 llama-rope3 mistral qwen2 qwen3 qwen3moe gemma3 phi3; do
    "$GEN" $family --type f32 -o "$dir/m.gguf" > "$dir/log" 2>&1 || { cat "$dir/log"; bad=1; }
    check "$family" "$dir/m.gguf" 128 "$dir/text"
done
echo "1..$n"
exit $bad
