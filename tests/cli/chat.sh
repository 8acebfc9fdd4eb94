#!/bin/sh
# chat.sh - a chat with a made-up model at a terminal: turns, commands, Ctrl-C ends the answer and not the program.
. "$(dirname "$0")/lib.sh"
case $B in /*) built=$B ;; *) built=$PWD/$B ;; esac
GEN=${GEN:-$built/tools/gen}
m=$top/llama.gguf
"$GEN" llama --type f16 -o "$m" > "$top/gen" 2>&1 || { cat "$top/gen"; echo "not ok 1 - gen"; exit 1; }

play() {                                   # play RC ARG... < SCRIPT
    want=$1; shift
    "$TOOLS/pty" "$ONDOL" "$@" > "$top/out" 2> "$top/err"
    rc=$?
    [ $rc -eq "$want" ] || bad "session of ondol $*: exit $rc, not $want: $(head -c 900 "$top/err")"
}

begin "turns, commands, the end"
play 0 run "$m" -n 8 --seed 3 --stats <<'X'
expect /help
send hello
expect answer:
send /again
expect answer:
send /set temp 0
send /set temp hot
expect /set temp takes a number from 0 to 100
send /set top-k 2.7
expect whole number
send /set hotness 1
expect names are temp
send /system You are brief.
send /show
expect llama
send /hlep
expect /help
send /undo
send /clear
send 안녕
expect answer:
expect > 
key d
X
end
begin "Ctrl-C stops an answer; the chat goes on"
"$GEN" llama --type f16 --seed 4 -o "$top/endless.gguf" > "$top/gen" 2>&1 || bad "gen: $(cat "$top/gen")"   # it says "wa" for ever
play 0 run "$top/endless.gguf" --kern ref --temp 0 --lang en <<'X'
expect /help
send tell me
expect wa wa wa
key c
expect stopped
send /show
expect llama
send /quit
X
end
begin "a chat is saved and loaded"
play 0 run "$m" -n 4 --stats <<X
expect /help
send hello
expect answer:
send /save $top/chat.json
send /quit
X
grep -q '"role":"assistant"' "$top/chat.json" || bad "no answer in the saved chat"
play 0 run "$m" -n 4 --stats <<X
expect /help
send /load $top/chat.json
send and?
expect answer:
send /load $top/none.json
expect none.json
send /quit
X
end
begin "what the model is told first stays, whatever happens to the turns"
long=$(i=0; while [ $i -lt 100 ]; do printf 'hello '; i=$((i + 1)); done)
play 0 run "$m" -n 2 -c 64 --system Brief <<X
expect /help
send /undo
expect nothing was said
send /again
expect nothing was said
send $long
expect the context 64
expect /clear
send /save $top/chat.json
send /load $top/chat.json
send /quit
X
[ "$(cat "$top/chat.json")" = '[{"role":"system","content":"Brief"}]' ] || bad "saved: $(cat "$top/chat.json")"
end
begin "wrong arguments of commands are told"
printf '[1,2]' > "$top/one.json"; printf '{' > "$top/two.json"; printf '[{"role":"user"}]' > "$top/three.json"
play 0 run "$m" -n 2 <<X
expect /help
send /think maybe
expect on or off
send /load $top/one.json
expect list of messages
send /load $top/two.json
expect two.json: bad JSON
send /load $top/three.json
expect list of messages
send /save
expect takes a file
send /quit
X
end
begin "a chat is for a person: not with --json"
play 2 run "$m" --json <<X
expect "code":"USAGE"
X
end
echo "1..$n"
exit $failed
