#!/bin/sh
# run.sh - the command line end to end: every verb's way and its main errors, in an empty home, in English and in Korean.
. "$(dirname "$0")/lib.sh"

# ---- the main job, in both locales ----
for LANG in C ko_KR.UTF-8; do
    export LANG
    begin "$LANG: do, undo, log, why, verify"
    run 0 do "turn on the kitchen light"; out "Turned on the kitchen light."; no_err
    is_state light.kitchen on
    run 0 do 주방 불 꺼 줘; out "주방"; no_err
    is_state light.kitchen off
    run 0 undo; no_err
    is_state light.kitchen on
    run 0 undo; is_state light.kitchen off
    run 0 log; out "turn on the kitchen light"; out "주방 불 꺼 줘"; no_err
    run 0 log --json; json .version=1 .events.0.kind=wish .events.0.id=1
    run 0 why 2; out "turn on the kitchen light"
    run 0 why --json 2; json .version=1 .text
    run 0 log verify; no_err
    run 0 log verify --json; json .ok=true .rows .head_ok=true
    end

    begin "$LANG: an ask without a terminal is a refusal, --yes consents"
    run 4 do "unlock the front door"; no_out; err "--yes"
    is_state lock.front_door locked
    run 4 do --json "unlock the front door"; json .status=refused .error.code=ASK .report.ask.question; no_err
    run 0 do --yes "unlock the front door"
    is_state lock.front_door unlocked
    run 0 do 현관문 잠가 줘
    run 4 undo; is_state lock.front_door locked
    run 0 undo --yes; is_state lock.front_door unlocked
    end

    begin "$LANG: what no rule understands is said, and nothing near it is done"
    run 3 do "make me a sandwich"; no_out; err "ondol: "
    run 3 do --json "샌드위치 만들어 줘"; json .error.code=UNKNOWN; no_err
    run 0 log --json; json .version=1
    run 3 parse "turn on the kitchen light" "make me a sandwich"
    end

    begin "$LANG: dry run touches nothing"
    run 0 do --dry-run "turn on the kitchen light"; out "home.turn_on"
    run 0 do --dry-run --json "turn on the kitchen light"; json .status=planned .report.dry_run=true
    is_state light.kitchen off
    run 0 log --json; json '#.events=0'
    end

    begin "$LANG: parse prints the documented keys"
    run 0 parse --json "turn on the kitchen light" "거실 커튼 닫아 줘"
    json_lines() { "$TOOLS/jsoncheck" -l "$@" < "$top/out" 2> "$top/why" || bad "$(head -c 900 "$top/why")"; }
    json_lines ^text,lang,intent,slots,confidence,plan,us .plan.0.hand=home
    run 0 parse --json "turn on the kitchen light"; json .lang=en .intent=HassTurnOn .plan.0.verb=turn_on .plan.0.effect=reversible .plan.0.args.entity=light.kitchen .plan.0.provenance
    feed 3 'asdf qwer
주방 불 켜 줘

' parse --json
    json_lines .text .us
    [ "$(wc -l < "$top/out")" -eq 2 ] || bad "two sentences, $(wc -l < "$top/out") lines"
    run 0 parse 주방\ 불\ 켜\ 줘; out HassTurnOn
    end

    begin "$LANG: the tour"
    run 0 tour; no_err; out "turn on the kitchen light"; out "거실 스탠드 켜 줘"; not_out "$(printf '\033')"
    [ -z "$(find "$HOME" -type f)" ] || bad "the tour left files: $(find "$HOME" -type f)"
    run 0; no_err; out "make me a sandwich"
    feed 0 '거실 불 켜 줘
' ; no_err
    end

    begin "$LANG: help and version"
    run 0 --help; no_err; out "ondol do"
    run 0 help do; no_err; run 0 do --help; no_err; out "--dry-run"
    run 0 -h; run 0 --version; out "ondol "; run 0 version --json; json .version=1 .ondol
    [ -z "$(find "$HOME" -type f)" ] || bad "help made files: $(find "$HOME" -type f)"
    end

    begin "$LANG: wrong usage names what is near, exit 2"
    run 2 hoem; err "home"; no_out
    run 2 xyzzyx; err "xyzzyx"
    run 2 do; no_out; run 2 do --dryrun x; err "--dry-run"; run 2 log --limit; run 2 log --limit x; run 2 log -q
    run 2 log verfy; err "verify"; run 2 home sate; err "state"; run 2 config gett x; err "'get'"; run 2 answer k1
    run 2 why; run 2 why x; run 2 undo x; run 2 forget; run 2 forget 1 --all; run 2 completion tcsh; run 2 setup; run 2 talk
    run 2 --now yesterday do x; run 2 --tz Asia/Soul do x; run 2 --lang 12 do x; run 2 up now; run 2 help dx
    end

    begin "$LANG: log, pending, hands, home in an empty house"
    run 0 log; no_err; run 0 pending; no_err; run 0 pending --json; json .version=1 '#.pending=0'
    run 0 hands; no_err; out turn_on; run 0 hands --json; json .version=1 .hands.0.name=home .hands.0.health.ok=true .hands.0.verbs.0.schema
    run 0 home; no_err; out light.kitchen; run 0 home state --json; json .version=1 .floors.1 .areas.0 .entities.0.id
    run 0 home state light.kitchen; out light.kitchen; not_out light.study
    run 6 home state kitchen; err light.kitchen; run 6 home state light.kichen; err light.kitchen
    run 6 undo; run 6 why 99; run 6 answer zzzz yes; run 6 forget 99 --yes
    end

    begin "$LANG: home set goes through the gate"
    run 0 home set light.kitchen state=on brightness=40; no_err
    run 0 home state light.kitchen --json; json .entities.0.state.state=on .entities.0.state.brightness=40
    run 0 undo; is_state light.kitchen off
    run 4 home set lock.front_door state=unlocked; is_state lock.front_door locked
    run 0 home set --json --dry-run light.kitchen state=on; json .status=planned
    run 2 home set light.kitchen; run 2 home set light.kitchen on; run 6 home set light.kichen state=on; err light.kitchen
    end

    begin "$LANG: forget keeps the chain"
    run 0 do "turn on the kitchen light"
    run 4 forget 1; run 0 forget 1 --yes
    run 0 log verify --json; json .ok=true .forgotten=3
    run 0 log --json; grep -q kitchen "$top/out" && bad "the journal still speaks of the kitchen"
    run 0 do "turn on the study light"; run 0 forget --before 2000-01-01 --yes --json; json .erased=0
    run 0 forget --all --yes --json; json .version=1 .erased; run 0 log verify
    end

    begin "$LANG: config"
    run 0 config; no_err; out hands.home.mqtt.host; run 0 config --json; json .lang=auto .hands.home.mqtt.port=1883
    run 0 config path; out "$HOME/.config/ondol/config.yaml"; run 0 config check
    run 0 config set lang ko; no_err; run 0 config get lang; out ko; run 0 config get hands.home --json; json .mqtt.port=1883
    run 0 do "turn on the kitchen light"; run 2 config gett x; err "혹시"
    run 0 config unset lang; run 0 config get lang; out auto
    run 16 config set lang klingon; run 6 config set langg ko; err lang; run 6 config get hands.hom; run 2 config set area
    feed 0 'hush hush
' config set hands.home.mqtt.password
    run 0 config; not_out hush; run 0 config --json; not_out hush; run 0 config get hands.home.mqtt.password; not_out hush; out secret
    echo 'lnag: ko' > "$HOME/.config/ondol/config.yaml"
    run 16 config check; err "config.yaml:1"; err "'lang'"; run 16 do "turn on the kitchen light"; run 1 doctor
    end

    begin "$LANG: policy"
    run 0 policy; no_err; run 0 policy path; out "$HOME/.config/ondol/policy.yaml"; run 0 policy check; no_err
    mkdir -p "$HOME/.config/ondol"; "$ONDOL" policy default > "$HOME/.config/ondol/policy.yaml"
    run 0 policy check; run 0 policy check --json; json .version=1; run 0 doctor
    echo 'rulez: []' > "$HOME/.config/ondol/policy.yaml"
    run 16 policy check; err policy.yaml; run 1 doctor; run 6 policy check /nowhere
    run 16 policy check --json; json .error.code=CONFIG; no_err
    run 0 policy path --json; json .path; run 0 policy default --json; json .version=1 .policy
    run 5 do "turn on the kitchen light"; is_state light.kitchen off
    end

    begin "$LANG: doctor"
    run 0 doctor; no_err; out ok; run 0 doctor --json; json .version=1 .ok=true .checks.0.name
    end

    begin "$LANG: completion and man"
    for shell in bash zsh fish; do run 0 completion $shell; no_err; out ondol; out dry-run; done
    run 0 completion zsh; out "'*:file:_files'"; run 0 completion fish; out "__fish_seen_subcommand_from run' -F"
    run 0 completion bash; out "complete -o bashdefault -o default"
    command -v bash > /dev/null && { "$ONDOL" completion bash | bash -n || bad "the bash script does not parse"; }
    run 0 man; no_err; out '.TH ONDOL 1'; out '.SS do'
    end
done
LANG=C; export LANG

# ---- time, language, files ----
begin "--now and --tz hold everywhere"
run 0 --now 2026-11-23T18:44:41+09:00 do "turn on the kitchen light"
run 0 log --tz Asia/Seoul; out "2026-11-23 18:44:41"; run 0 log --tz UTC; out "2026-11-23 09:44:41"
run 0 log --json --tz Asia/Seoul; json .events.0.at~+09:00
run 0 log --since 2026-11-24 --json; json '#.events=0'
run 0 --now 2026-11-23T18:45 --tz Asia/Seoul undo
run 0 log --json --tz Asia/Seoul; json .events.3.at~2026-11-23T18:45:00
end

begin "--lang wins over the setting, the setting over the locale"
LANG=ko_KR.UTF-8; run 2 hoem; err "명령"; run 2 --lang en hoem; err "did you mean"
run 0 config set lang en; run 2 config gett x; err "did you mean"; run 2 config gett x --lang ko; err "혹시"
LC_ALL=C LANG=ko_KR.UTF-8 run 0 help; out "To begin"
LANG=C; export LANG
end

begin "a house that cannot be used is an error"
echo 'version: 7' > "$top/bad.yaml"
run 7 home state --house "$top/bad.yaml"; no_out; err "version 7"; run 7 home --json --house "$top/bad.yaml"; json .error.code=UNAVAILABLE
end

begin "a house of one's own"
cat > "$HOME/house.yaml" <<'X'
floors: [{id: only, names: {en: [ground floor], ko: [1층]}}]
X
run 0 config set hands.home.house "$HOME/none.yaml"; run 1 doctor
run 0 config unset hands.home.house; run 0 doctor
end

begin "a word too many is told, and so is --json without a verb"
for words in "doctor x" "hands x" "home state a b" "home sim x" "config list x" "policy show x" "log verify x" "tour x" "version x"; do
    run 2 $words; err "takes no"; no_out
done
run 2 help zz; not_err "did you mean"
run 2 --json; json .error.code=USAGE; no_err
run 2 undo --json x; json .error.code=USAGE; no_err; run 2 nope --json; json .error.code=USAGE; no_err
run 0 config path --json; json .path; run 0 config set --json lang ko; json .set=lang
end

begin "hostile input"
printf 'turn on the kitchen light\0 not\n' | "$ONDOL" parse --json > "$top/out" 2>&1 && bad "a NUL cut a sentence"
json .error.code=INPUT .plan
big=$(head -c 1000000 /dev/zero | tr '\0' a)
feed 3 "$big
" parse --json
"$TOOLS/jsoncheck" -l .error.code < "$top/out" || bad "no JSON for a long sentence"
run 9 do "$(printf 'turn on \377 light')"; run 9 do --json "$(printf 'turn \355\240\200')"; json .error.code=INPUT
feed 3 "$(printf 'turn \001\033[31m on\377\n')
" parse --json
run 0 do "turn on the kitchen light"
run 2 --config; run 6 --config /nowhere/config.yaml do x
end

begin "output that cannot be written is an error"
"$ONDOL" --help > /dev/full 2> "$top/err"; rc=$?
[ $rc -eq 13 ] || bad "help to a full disk: exit $rc"
end

begin "a folder that cannot be used is told"
mkdir -p "$HOME/.local/share"; echo x > "$HOME/.local/share/ondol"
run 13 do "turn on the kitchen light"; no_out; err "$HOME/.local/share/ondol"
end

begin "an older copy of the store shows, and so does a store that is no store"
run 0 do "turn on the kitchen light"
store=$HOME/.local/share/ondol/store.db
cp "$store" "$top/older"
run 0 do "turn off the kitchen light"; run 0 log verify
cp "$top/older" "$store"; rm -f "$store-wal" "$store-shm"
run 17 log verify; run 17 log verify --json; json .ok=false .error.code=TAMPERED .what; run 1 doctor; out BROKEN
head -c 8192 /dev/zero | tr '\0' x > "$store"
run 0 do "turn on the study light"; err "set aside"; out "study"
ls "$HOME/.local/share/ondol" | grep -q damaged || bad "the damaged store is gone"
end

# ---- many at once ----
begin "eight at once: each waits for its turn, and all are in the journal"
i=0; pids=
while [ $i -lt 8 ]; do
    i=$((i + 1))
    "$ONDOL" do "turn on the kitchen light" > "$top/out.$i" 2>&1 < /dev/null & pids="$pids $!"
done
for p in $pids; do wait "$p" || bad "one of eight failed: $(cat "$top"/out.[1-8] | sort | uniq -c | head -n 3)"; done
run 0 log --kind wish --json; json '#.events=8'
run 0 log verify
end

# ---- tables ----
begin "every verb's page begins with its help"
root=$(cd "$(dirname "$0")/../.." && pwd)
for v in $(sed -n 's/^VERB(\([a-z]*\),.*/\1/p' "$root/src/cli/verbs.def"); do
    "$ONDOL" "$v" --help > "$top/help" 2> /dev/null
    awk '/^```/ { inside = !inside; if (!inside) exit; next } inside' "$root/docs/verbs/$v.md" > "$top/page" 2> /dev/null
    cmp -s "$top/help" "$top/page" || bad "docs/verbs/$v.md differs from ondol $v --help"
done
end

begin "every setting is in docs/config.md, with its default"
sed -n 's/^KEY("\([^"]*\)".*/\1/p' "$root/src/daemon/config.def" > "$top/keys"
sed -n 's/^| `\([a-z_.]*\)` | [a-z]* |.*/\1/p' "$root/docs/config.md" > "$top/page"
[ -s "$top/keys" ] && cmp -s "$top/keys" "$top/page" || bad "docs/config.md has other keys: $(diff "$top/keys" "$top/page" | head -n 5)"
end

begin "every call is in docs/json.md"
for call in $(sed -n 's/^CALL("\([^"]*\)".*/\1/p' "$root/src/daemon/calls.def"); do
    grep -q "^### \`$call\`" "$root/docs/json.md" || bad "docs/json.md says nothing of the call $call"
done
end

finish
