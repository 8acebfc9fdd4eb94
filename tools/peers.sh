#!/bin/sh
# peers.sh DIR - brings the programs that we measure and check ourselves against, from npm, into DIR:
#   llama.cpp/  sources' headers, vocabularies with vectors, chat templates (out of node-llama-cpp's git bundle)
#   x64/        libllama and its backends, prebuilt
#   jinja/      the reference renderer of chat templates
# Nothing of it is part of the product. Prints nothing when all is there.
set -eu
dir=$1
llama=3.22.1 jinja=0.5.11
[ "$(cat "$dir/stamp" 2>/dev/null)" = "$llama $jinja" ] && exit 0
if ! command -v npm > /dev/null 2>&1; then sh tools/deps.sh nodejs npm; fi
sh tools/deps.sh git
echo "bringing node-llama-cpp $llama and @huggingface/jinja $jinja (75 MB) into $dir"
mkdir -p "$dir"
tmp=$(mktemp -d "$dir/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
unpack() {  # NAME VERSION FOLDER
    (cd "$tmp" && npm pack --silent "$1@$2" > name) || { echo "npm could not bring $1@$2" >&2; exit 1; }
    mkdir "$tmp/$3"
    tar -xzf "$tmp/$(cat "$tmp/name")" -C "$tmp/$3" --strip-components 1
}
unpack node-llama-cpp $llama nlc
unpack @node-llama-cpp/linux-x64 $llama x64
unpack @huggingface/jinja $jinja jinja
git clone -q --no-checkout "$tmp/nlc/llama/gitRelease.bundle" "$tmp/llama.cpp" 2> "$tmp/log" || { cat "$tmp/log" >&2; exit 1; }
git -C "$tmp/llama.cpp" checkout -q HEAD -- include ggml/include models
for d in llama.cpp x64 jinja; do
    rm -rf "${dir:?}/$d"
    mv "$tmp/$d" "$dir/$d"
done
echo "$llama $jinja" > "$dir/stamp"
