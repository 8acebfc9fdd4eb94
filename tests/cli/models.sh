#!/bin/sh
# models.sh - the verbs of models end to end, over made-up models (tools/gen): what a user types, in an empty home; and the
# example programs of libondol.
. "$(dirname "$0")/lib.sh"
case $B in /*) built=$B ;; *) built=$PWD/$B ;; esac
GEN=${GEN:-$built/tools/gen}
m=$top/llama.gguf e=$top/minilm.gguf
"$GEN" llama --type f16 -o "$m" > "$top/gen" 2>&1 && "$GEN" bert-minilm --type f16 -o "$e" >> "$top/gen" 2>&1 || { cat "$top/gen"; echo "not ok 1 - gen"; exit 1; }

begin "a model that is not here: the nearest, and the pull that would bring it"
    run 6 run nothing.gguf hi; err "ondol pull"
    run 6 show me/tiny:Q4_0; err "ondol pull me/tiny:Q4_0"
    run 6 run --lang ko nothing.gguf hi; err "없고"; run 6 run --lang ko me/tiny hi; err "ondol pull me/tiny"; err "없어요"
    run 6 run "$top" hi; err "is a folder"
    run 0 list; out "ondol pull"; run 0 list --json; json .version=1 .models
end
begin "show says what it is"
    run 0 show "$m"; out llama; out f16; no_err
    run 0 show "$m" --json; json .arch=llama .version=1 .metadata
    run 0 show "$m" --metadata; out "general.architecture: llama"
    run 0 show "$m" --tensors; out token_embd.weight
    run 0 show "$m" --check; out finite
    run 0 show "$m" --check --json; json .sound=true .arch=llama
    run 0 show "$m" --tensors --json; json .tensors.0.name=token_embd.weight .tensors.0.shape.0 .tensors.0.bytes
    run 0 show "$m" --metadata --json; json '.metadata'; run 0 show "$m" --template --json; json .template
    run 0 show "$e" --check
end
begin "plain completion prints the continuation alone, the same each time"
    run 0 run "$m" --raw -n 12 --temp 0 "hello"; no_err; cp "$top/out" "$top/first"
    run 0 run "$m" --raw -n 12 --temp 0 "hello"; cmp -s "$top/out" "$top/first" || bad "another answer the second time"
    run 0 run "$m" --raw -n 12 --temp 0 "hello" --pack off; cmp -s "$top/out" "$top/first" || bad "another answer where nothing is packed"
    run 0 run "$m" --raw -n 12 --temp 0 "hello" --pack off --kern ref
    run 0 run "$m" --raw -n 12 --temp 0 "hello" --speculate; cmp -s "$top/out" "$top/first" || bad "speculation changed the answer"
    run 0 run "$m" --raw -n 12 --seed 7 --json "hello"; json .version=1 .end=length .tokens=12; cp "$top/out" "$top/first"
    run 0 run "$m" --raw -n 12 --seed 7 --json "hello"
    feed 0 "hello" run "$m" --raw -n 3
end
begin "prompts that were kept come again after a restart"
    text="a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w x y z"
    run 0 run "$m" --raw -n 6 --temp 0 --keep "$text"; cp "$top/out" "$top/first"
    [ -d "$HOME/.cache/ondol/prompts" ] || bad "no folder of prompts"
    run 0 run "$m" --raw -n 6 --temp 0 "$text"; cmp -s "$top/out" "$top/first" || bad "another answer from the kept prompt"
    for f in "$HOME"/.cache/ondol/prompts/*; do printf 'x' | dd of="$f" bs=1 seek=200 conv=notrunc 2> /dev/null; done
    run 0 run "$m" --raw -n 6 --temp 0 "$text"; cmp -s "$top/out" "$top/first" || bad "another answer after the kept prompt was spoilt"
end
begin "a home that cannot be written: the model answers, only --keep is refused"
    : > "$HOME/.cache"                         # in the way of the folder, also for root
    run 0 run "$m" --raw -n 3 --temp 0 "hello"; no_err
    run 0 plan "$m"; run 0 bench "$m" -p 8 -n 2 -r 1
    run 13 run "$m" --raw -n 3 --keep "hello"; err "$HOME/.cache"
end
begin "a prompt longer than the context: both numbers, of a plain text, a chat and a vector"
    long=$(i=0; while [ $i -lt 400 ]; do printf 'word %d ' $i; i=$((i + 1)); done)
    run 0 tokenize "$m" --json "$long"; count=$(sed 's/.*"count":\([0-9]*\).*/\1/' "$top/out")
    [ "$count" -gt 1000 ] || bad "the prompt is not long: $count"
    run 9 run "$m" --raw --ctx 64 "$long"; err "the prompt has $count tokens, and the context 64"; no_out
    run 9 run "$m" --raw --ctx "$((count - 1))" "$long"; err "$count tokens, and the context $((count - 1))"
    run 0 run "$m" --raw --ctx "$((count + 2))" -n 1 "$long"
    run 9 run "$m" --ctx 64 "$long" --json; json .error.code=INPUT; out "tokens, and the context 64"
    run 0 tokenize "$e" --json "$long"; count=$(sed 's/.*"count":\([0-9]*\).*/\1/' "$top/out")
    run 9 embed "$e" "$long"; err "$count tokens, and the model's context is 512"
    run 0 run "$m" --raw -n 2 --ctx 513 "hello"; err "trained for 512 tokens"
end
begin "a value that is no number: show --check names the tensor and its layer, in every kind of family"
    for family in llama qwen2 qwen3moe gemma3 phi3 bert-minilm; do
        for what in "nan blk.1.attn_output.weight" "inf blk.0.ffn_norm.weight" "nan blk.1.ffn_down.weight"; do
            "$GEN" $family --type f16 -o "$top/n.gguf" > /dev/null || bad "gen $family"
            run 0 show "$top/n.gguf" --check
            tensor=${what#* }
            case $family:$tensor in
                qwen3moe:*ffn_down*) tensor=blk.1.ffn_down_exps.weight ;;
                bert*:*ffn_norm*) tensor=blk.0.layer_output_norm.weight ;;
            esac
            "$TOOLS/broken" "${what% *}" "$top/n.gguf" "$tensor" || bad "$family has no $tensor"
            layer=${tensor#blk.}
            run 9 show "$top/n.gguf" --check; err "n.gguf: tensor $tensor (layer ${layer%%.*}) holds a value that is not finite"
        done
        case $family in
            bert*) run 9 embed "$top/n.gguf" hello; err "no number"; err "show MODEL --check" ;;
            *) run 9 run "$top/n.gguf" --raw -n 1 hello; err "is not a number"; err "show MODEL --check" ;;
        esac
    done
    i=0; while [ $i -lt 40 ]; do echo "the cat sat on the mat $i times"; i=$((i + 1)); done > "$top/text"
    "$GEN" llama --type f16 -o "$top/n.gguf" > /dev/null; "$TOOLS/broken" nan "$top/n.gguf" blk.1.attn_v.weight
    run 9 perplexity "$top/n.gguf" "$top/text" --ctx 64; err "show MODEL --check"; not_out nan
    run 9 perplexity "$top/n.gguf" "$top/text" --ctx 64 --imatrix "$top/n.imatrix"; err "importance matrix is"
    [ ! -e "$top/n.imatrix" ] || bad "an importance matrix without numbers was written"
end
begin "a model larger than memory is refused with both numbers before anything is read"
    "$TOOLS/broken" giant "$top/giant.gguf" || bad "no giant"
    run 0 show "$top/giant.gguf"; out "parameters"
    run 12 plan "$top/giant.gguf"; out "are available"; err "giant.gguf needs "; err " MiB (weights "; err " MiB can be had"
    need=$(sed 's/.* needs \([0-9]*\) MiB (.*/\1/' "$top/err") have=$(sed 's/.*, and \([0-9]*\) MiB can be had.*/\1/' "$top/err")
    [ "$need" -gt 1500000 ] && [ "$have" -gt 0 ] && [ "$have" -lt "$need" ] || bad "$need MiB needed, $have to be had"
    run 12 plan "$top/giant.gguf" --json; json .error.code=NOMEM; out "$need MiB"
    run 12 run "$top/giant.gguf" --raw hello; err "giant.gguf needs "; err " MiB can be had"
    run 12 bench "$top/giant.gguf"; err " MiB can be had"
    run 12 plan "$m" --ctx 1000000 --sessions 1024; err "1024 sessions of 1000000 positions"
end
begin "wrong options are told"
    run 2 run; run 2 run "$m" --raw; err "prompt"
    run 2 run "$m" --temp hot x; err "--temp"
    run 2 run "$m" --think perhaps x; err "--think"
    run 2 run "$m" --lora "a.gguf:0" x; err "--lora"
    run 9 run "$m" --kern mmx x; err mmx
    run 2 embed; run 9 embed "$m" x; err "ondol run"; run 9 run "$e" x; err "ondol embed"
    run 2 quantize "$m" "$top/q.gguf" q9_9; err q4_k_m
    run 2 quantize "$m"
    run 2 bench; run 2 tokenize
    run 2 bench "$m" -p x; err "--n-prompt"; run 9 bench "$e"; err "ondol embed"; run 9 perplexity "$e" "$0"; err "ondol embed"
end
begin "options of sampling reach the sampler, and bad values are told"
    run 0 run "$m" --raw -n 12 --temp 0 "hello"; cp "$top/out" "$top/first"
    for o in "--repeat-penalty 2" "--frequency-penalty 2" "--presence-penalty 5" "--dry-multiplier 9"; do
        run 0 run "$m" --raw -n 12 --temp 0 $o "hello"; cmp -s "$top/out" "$top/first" && bad "$o changes nothing"
    done
    run 0 run "$m" --raw -n 12 --temp 1 --seed 3 "hello"; cp "$top/out" "$top/first"
    for o in "--top-k 1" "--top-p 0.01" "--min-p 1" "--typical 0.01" "--mirostat 2 --mirostat-ent 0.1"; do
        run 0 run "$m" --raw -n 12 --temp 1 --seed 3 $o "hello"; cmp -s "$top/out" "$top/first" && bad "$o changes nothing"
    done
    for o in "--top-p nan" "--min-p -1" "--typical 2" "--top-k 1.5" "--repeat-last-n 0" "--mirostat 3" "--presence-penalty inf" "--seed -1" "-n 1e30"; do
        run 2 run "$m" $o x; err "number from"; no_out
    done
    run 0 run "$m" --raw -n 40 --temp 0 "hello"
    stop=$(LC_ALL=C tr -cd 'A-Za-z[' < "$top/out" | tail -c 1)   # a letter of the answer, whatever it is
    run 0 run "$m" --raw -n 40 --temp 0 --json --stop "$stop" "hello"; json .end=stop
    run 0 run "$m" --raw -n 40 --temp 0 --json --stop "$stop" --stop nothing "hello"; json .end=stop
    run 0 run "$m" --raw -n 40 --temp 0 --json --stop nothing --stop "$stop" "hello"; json .end=stop
end
begin "a word too many is told"
    for words in "show $m" "plan $m" "bench $m" "bench --bandwidth" "perplexity $m $0" "quantize $m $top/q.gguf q4_0" "tokenize $m -f $0"; do
        run 2 $words extra; err "takes no 'extra'"; no_out
    done
end
begin "text that is no UTF-8, or that a NUL would cut, is refused with its place"
    bad_text=$(printf 'ab\377')
    run 9 run "$m" -n 2 "$bad_text"; err "byte 3"; run 9 run "$m" -n 2 --system "$bad_text" x; err "byte 3"
    printf 'ab\0c' | "$ONDOL" run "$m" -n 2 > "$top/out" 2> "$top/err" && bad "a NUL cut the prompt"; err "byte 3"
    run 9 embed "$e" "$bad_text"; err "byte 3"; no_out
    for v in run tokenize; do "$ONDOL" $v "$m" < / > "$top/out" 2> "$top/err" && bad "$v read a folder"; err "standard input"; done
end
begin "plan says the parts"
    run 0 plan "$m" --ctx 128; out "GB are available"
    run 0 plan "$m" --ctx 128 --json; json .version=1 .ctx=128 .total
end
begin "adapters: another answer, their bytes in the plan, and not for every model"
    "$GEN" llama --lora 4 -o "$top/lora.gguf" > /dev/null && "$GEN" qwen2 --lora 4 -o "$top/other.gguf" > /dev/null || bad "gen"
    run 0 run "$m" --raw -n 12 --temp 0 "hello"; cp "$top/out" "$top/first"
    run 0 run "$m" --raw -n 12 --temp 0 --lora "$top/lora.gguf:8" "hello"; ! cmp -s "$top/out" "$top/first" || bad "the adapter changed nothing"
    run 9 run "$m" --raw --lora "$top/other.gguf" "hello"; err other.gguf; err '"qwen2", and the model is "llama"'
    run 2 run "$m" --raw --lora "$top/lora.gguf:0" "hello"; err "leave it out"
    run 6 plan "$m" --lora "$top/none.gguf"; err none.gguf
    run 0 plan "$m" --lora "$top/lora.gguf"; out adapters
    run 0 plan "$m" --lora "$top/lora.gguf" --json; json .adapters
    run 0 plan "$m" --json; json .adapters=0
end
begin "vectors"
    run 0 embed "$e" "hello" --json; json .version=1 .text=hello .embedding
    run 0 embed "$e" --similarity "hello" "hello"; out "1.000000"
    feed 9 "$(printf 'a\n%s\n' "$(head -c 4000 /dev/zero | tr '\0' 'a')")" embed "$e" -c 8; err "line 2: the text has"
    feed 0 "$(printf 'a\nb\n')" embed "$e"; [ "$(wc -l < "$top/out")" -eq 2 ] || bad "two lines give two vectors"
end
begin "tokens"
    run 0 tokenize "$m" "hello 안녕" --json; json .version=1 .tokens
    run 0 tokenize "$m" --ids "hello"; feed 0 "hello" tokenize "$m" --ids
end
begin "quantize, then use it"
    run 0 quantize "$m" "$top/q.gguf" q4_0; out "q.gguf"
    run 0 show "$top/q.gguf" --json; json .types.q4_0
    run 0 run "$top/q.gguf" --raw -n 4 --temp 0 "hello"
    run 9 quantize "$m" "$m" q4_0
    run 9 quantize "$top/q.gguf" "$top/r.gguf" q8_0; err requantising
    run 0 quantize "$top/q.gguf" "$top/r.gguf" q8_0 --requantize
end
begin "perplexity, and an importance matrix from the same text"
    i=0; while [ $i -lt 120 ]; do echo "the cat sat on the mat $i times"; i=$((i + 1)); done > "$top/text"
    run 0 perplexity "$m" "$top/text" --ctx 64; out "±"
    run 0 perplexity "$m" "$top/text" --ctx 64 --json; json .perplexity .chunks
    run 0 perplexity "$m" "$top/text" --ctx 64 --imatrix "$top/imatrix.gguf"; out imatrix.gguf
    run 0 quantize "$m" "$top/w.gguf" q4_0 --imatrix "$top/imatrix.gguf"
    run 9 quantize "$m" "$top/imatrix.gguf" q4_0 --imatrix "$top/imatrix.gguf"; err "another name"
    cp "$m" "$top/n.gguf"; ln -s n.gguf "$top/link.gguf"
    for to in n.gguf link.gguf text; do run 9 perplexity "$top/n.gguf" "$top/text" --ctx 64 --imatrix "$top/$to"; err "another name"; done
    cmp -s "$m" "$top/n.gguf" || bad "the model was written over"
    run 6 perplexity "$m" "$top/text" --ctx 64 --imatrix "$top/none/imatrix.gguf"
    run 9 perplexity "$m" /dev/null
end
begin "bench"
    run 0 bench "$m" -p 16 -n 4 -r 2 --batch-tokens 4 --together 2; out "pp16"; out "sessions2"
    run 0 bench "$m" -p 16 -n 0 -r 1 --json; json .version=1 .tests.0.test=pp16
end
begin "what a model file says of itself cannot move the cursor"
    LC_ALL=C sed 's/tiny llama/\x1b]0;\x07llama/' "$m" > "$top/evil.gguf"; cmp -s "$m" "$top/evil.gguf" && bad "sed changed nothing"
    for words in "show" "show --metadata" "bench -p 4 -n 2 -r 1"; do run 0 $words "$top/evil.gguf"; out "]0;"; not_out "$(printf '\033')"; done
end
begin "rm leaves files outside the cache alone"
    run 9 rm "$m"; [ -e "$m" ] || bad "the file is gone"
end
begin "a truncated model is an error that names something, wherever it is cut"
    size=$(wc -c < "$m")
    for cut in 3 20 200 2000 $((size / 2)) $((size - 1)); do
        head -c "$cut" "$m" > "$top/cut.gguf"
        run 9 run "$top/cut.gguf" --raw -n 1 x; err cut.gguf
    done
end
begin "in Korean"
    run 0 --lang ko show "$m"; out 매개변수
    run 0 plan --lang ko "$m"; out "모두"; out "GB예요"
    run 9 run --lang ko "$e" x; err "벡터를"; run 2 run --lang ko "$m" --think x y; err "on이나"
end
begin "the example programs"
    # A model of another kind than they want is an error, not a crash.
    ex=$built/examples
    "$ex/complete" "$m" "hello" 8 > "$top/out" 2> "$top/err" || bad "complete: $(cat "$top/err")"
    "$ex/sessions" "$m" "one" "two" > "$top/out" 2> "$top/err" || bad "sessions: $(cat "$top/err")"
    "$ex/embed" "$e" "one" "two" > "$top/out" 2> "$top/err" || bad "embed: $(cat "$top/err")"
    "$ex/chat" "$top/none.gguf" > "$top/out" 2> "$top/err" && bad "chat took a file that is not there"
    [ -s "$top/err" ] || bad "chat said nothing"
end
echo "1..$n"
exit $failed
