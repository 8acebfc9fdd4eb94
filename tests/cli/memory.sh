#!/bin/sh
# memory.sh - `ondol memory` end to end: teach, list, forget, in both languages, in-process and by way of `ondol up`.
. "$(dirname "$0")/lib.sh"

for LANG in C ko_KR.UTF-8; do
    export LANG
    begin "$LANG: nothing was taught"
    run 0 memory; no_err; out "ondol memory teach"; run 0 memory list --json; json .version=1 '#.lessons=0'
    end

    begin "$LANG: teach, list, forget"
    run 0 memory teach "무드 조명" light.bedroom; no_err; out "m1"; out "무드 조명"
    run 0 memory teach "the lamp" light.kitchen --area kitchen --json; json .version=1 .id=m2 .say
    run 0 memory; no_err; out m1; out m2; out "무드 조명"
    run 0 memory list --json; json '#.lessons=2' .lessons.0.kind=alias .lessons.0.said='무드 조명' .lessons.0.means.entities.0=light.bedroom .lessons.1.area=kitchen .lessons.1.kind=preference
    run 0 log; out "무드 조명"; no_err; run 0 log --kind learn --json; json '#.events=2' .events.0.kind=learn
    run 0 memory teach 무드조명 light.study; out m1; run 0 memory --json; json '#.lessons=2' .lessons.0.means.entities.0=light.study
    run 0 memory forget the lamp; no_err; run 0 memory --json; json '#.lessons=1'
    run 0 memory forget m1 --json; json .forgotten=1; run 0 memory --json; json '#.lessons=0'
    run 0 memory teach x light.study; run 4 memory forget --all; no_out; run 0 memory --json; json '#.lessons=1' .lessons.0.id=m3
    run 0 memory forget --all --yes; no_err; run 0 memory --json; json '#.lessons=0'
    run 0 log verify
    end

    begin "$LANG: what is wrong names what is near"
    run 2 memory lst; err list; no_out; run 2 memory list x; run 2 memory teach x; run 2 memory forget; run 2 memory forget x --all
    run 6 memory teach x light.kichen; err light.kitchen; run 6 memory teach x light.kitchen --area kichen; err kitchen
    run 6 memory forget x; err "x"; run 6 memory forget x --json; json .error.code=NOT_FOUND
    run 9 memory teach "$(printf 'a\001b')" light.kitchen; run 9 memory teach "$(head -c 201 /dev/zero | tr '\0' a)" light.kitchen; err 200
    run 0 memory --json; json '#.lessons=0'
    end
done
LANG=C; export LANG

begin "by way of ondol up"
start_up
run 0 memory teach "mood light" light.bedroom; out m1
run 0 memory --json; json '#.lessons=1'
run 0 memory forget "Mood Light"; run 0 memory --json; json '#.lessons=0'
stop_up
run 0 memory teach "mood light" light.bedroom; out m2
end

finish
