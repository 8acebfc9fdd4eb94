#!/bin/sh
# up.sh - `ondol up` and the verbs that go through it: questions that wait, signals, a hard end, two at once.
. "$(dirname "$0")/lib.sh"

begin "verbs go through up; a question waits and is answered"
start_up
run 0 do "turn on the kitchen light"; out "Turned on"; no_err
is_state light.kitchen on
run 4 do --json "unlock the front door"; json .status=asked .report.ask.id .error.code=ASK; no_err
run 4 do "unlock the front door"; err "ondol answer"
run 0 pending --json; json .version=1 '#.pending=2' .pending.0.choices.0=yes
id=$(value id)
run 0 answer "$id" yes; out "Unlocked"
is_state lock.front_door unlocked
run 6 answer "$id" yes
run 0 pending --json; json '#.pending=1'; id=$(value id)
run 0 answer "$id" no
run 0 pending --json; json '#.pending=0'
wait_for "$top/up.log" "ondol answer"
run 0 undo --yes; run 0 log verify; run 0 doctor; out "answers"; run 0 hands --json; json .hands.0.health.ok=true
stop_up
[ ! -e "$XDG_RUNTIME_DIR/ondol/sock" ] || bad "the socket was left behind"
run 0 log verify
end

begin "which one is meant waits too"
start_up
run 11 do --json "open the curtain"; json .question.id .question.choices.1; id=$(value id)
run 0 answer "$id" 2
is_state cover.living_room_curtain open
stop_up
end

begin "a yes holds for what was asked, and not for ever"
start_up --now 2026-11-23T18:00:00+09:00
run 4 do --json "unlock the front door"; id=$(value id)
run 6 answer "$id" yes --now 2026-11-23T19:00:00+09:00; err "$id"
is_state lock.front_door locked
run 2 do --house /nowhere.yaml "turn on the kitchen light"; err "--house"
stop_up
end

begin "a request's time is its own"
start_up
run 0 --now 2020-02-02T02:02:02Z do "turn on the kitchen light"
run 0 do "turn on the study light"
run 0 log --tz UTC --json; json .events.0.at~2020-02-02T02:02:02
grep -o '"at":"[^"]*"' "$top/out" | tail -n 1 | grep -q 2020 && bad "the time of a request stayed"
stop_up
end

begin "only one owner; the second says who is there"
start_up
run 15 up; err "process"
kill -HUP "$up_pid"; wait_for "$top/up.log" "config.yaml again"
run 0 do "turn on the kitchen light"
mkdir -p "$HOME/.config/ondol"; echo 'lnag: x' > "$HOME/.config/ondol/config.yaml"
kill -HUP "$up_pid"; wait_for "$top/up.log" "stays in force"
rm "$HOME/.config/ondol/config.yaml"
run 0 config set questions.expiry_minutes 3; run 0 do "turn off the kitchen light"
stop_up
end

begin "kill -9, then everything is as before"
start_up
run 0 do "turn on the kitchen light"; run 4 do "unlock the front door"
kill -9 "$up_pid"; wait "$up_pid" 2> /dev/null
is_state light.kitchen on
run 0 log verify
start_up
run 0 pending --json; json '#.pending=1'
run 0 undo; is_state light.kitchen off
stop_up
end

begin "up and one-shot verbs take turns"
i=0; pids=; rm -f "$top/up.log"
while [ $i -lt 6 ]; do
    i=$((i + 1))
    "$ONDOL" do "turn on the kitchen light" > /dev/null 2> "$top/err.$i" < /dev/null & pids="$pids $!"
    [ $i -ne 3 ] || { "$ONDOL" up > "$top/up.log" 2>&1 < /dev/null & up_pid=$!; kept_pids="$kept_pids $up_pid"; }
done
for p in $pids; do wait "$p" || bad "a verb failed beside up: $(cat "$top"/err.[1-6] | head -n 2)"; done
wait_for "$top/up.log" sock
stop_up
run 0 log --kind wish --json; json '#.events=6'
end

begin "strangers on the socket are answered or hung up, and nothing else happens"
start_up
"$TOOLS/poke" "$XDG_RUNTIME_DIR/ondol/sock" > "$top/out" 2>&1 || bad "$(head -c 400 "$top/out")"
run 0 do "turn on the kitchen light"
stop_up
end

finish
