#!/bin/sh
# prompt.sh - a person at a terminal: the prompt, its questions, its history; and consent inline.
. "$(dirname "$0")/lib.sh"

play() {                                   # play RC ARG... < SCRIPT
    want=$1; shift
    "$TOOLS/pty" "$ONDOL" "$@" > "$top/out" 2> "$top/err"
    rc=$?
    [ $rc -eq "$want" ] || bad "session of ondol $*: exit $rc, not $want: $(head -c 900 "$top/err")"
}

begin "wishes, a question, a consent, undo, Ctrl-C, Ctrl-D"
LANG=ko_KR.UTF-8
play 0 <<'X'
expect 온돌이에요
send 거실 불 켜 줘
expect 켰어요
send /undo
expect 되돌렸어요
send turn on the light
expect Which
send 2
expect Turned on
send unlock the front door
expect [예/아니요]
send y
expect Unlocked
send lock the front door
expect Locked
send /undo
expect [예/아니요]
send n
expect 그대로 둘게요
send turn on the fan
expect all of them
expect ?
key c
expect I leave it
send /log
expect outcome
send /hlep
expect /help
key c
expect >
send make me a sandwich
expect ondol:
expect >
key d
X
LANG=C
is_state lock.front_door locked
is_state light.kitchen on
run 0 log verify
[ "$(stat -c %a "$HOME/.local/state/ondol/history")" = 600 ] || bad "others can read the history"
grep -q sandwich "$HOME/.local/state/ondol/history" || bad "no history"
end

begin "Korean can be typed under LANG=C, and /quit ends"
play 0 <<'X'
expect Ondol.
send 주방 불 켜 줘
expect 켰어요
send /quit
X
is_state light.kitchen on
end

begin "do asks at a terminal, and only a yes counts"
play 4 do "unlock the front door" <<'X'
expect [y/N]
send maybe
X
is_state lock.front_door locked
play 0 do "unlock the front door" <<'X'
expect [y/N]
send yes
expect Unlocked
X
is_state lock.front_door unlocked
play 0 do "open the curtain" <<'X'
expect 2.
send 2
expect urtain
X
end

begin "Ctrl-C at a question ends, and nothing was done"
play 130 do "unlock the front door" <<'X'
expect [y/N]
key c
X
is_state lock.front_door locked
end

begin "at a terminal through up"
start_up
play 0 do "unlock the front door" <<'X'
expect [y/N]
send y
expect Unlocked
X
play 0 <<'X'
expect Ondol.
send lock the front door
expect Locked
send unlock the front door
expect [y/N]
send y
expect Unlocked
expect >
key d
X
run 0 pending --json; json '#.pending=0'
stop_up
end

begin "a prompt serves other verbs while it is open"
play 0 <<X &
expect Ondol.
send turn on the kitchen light
expect Turned on
expect ondol answer
send turn off the kitchen light
expect Turned off
expect >
key d
X
session=$!
i=0
while [ ! -S "$XDG_RUNTIME_DIR/ondol/sock" ] && [ $i -lt 100 ]; do i=$((i + 1)); sleep 0.05; done
sleep 0.5
"$ONDOL" do "unlock the front door" > /dev/null 2> "$top/err2" < /dev/null; rc=$?
[ $rc -eq 4 ] || bad "do beside a prompt: exit $rc: $(cat "$top/err2")"
wait $session || bad "the prompt: $?"
run 0 log verify
end

begin "colours on a terminal, none with NO_COLOR"
play 0 doctor <<X
expect $(printf '\033')[32m
X
NO_COLOR=1; export NO_COLOR
play 0 doctor <<X
expect ok
refuse $(printf '\033')[
X
unset NO_COLOR
end

finish
