#!/bin/sh
# long.sh - what `make check-long` does beyond check and fuzz: a million commands, random plans in the thousands.
set -eu
B=${B:-build}
"$B/tests/long/soak" "${COMMANDS:-1000000}"
for seed in 1 2 3 4 5 6 7 8 9 10; do
    ONDOL_SEED=$seed ONDOL_PLANS=300 "$B/tests/agent/test_property" > /dev/null
    echo "ok - 300 random plans, seed $seed"
done
for seed in 1 2 3; do
    ONDOL_SEED=$seed ONDOL_WHEN=100000 "$B/tests/talk/test_when_random" > /dev/null
    echo "ok - 100000 random time expressions, seed $seed"
done
ONDOL_SCRIPTS=1000 "$B/tests/hand/test_caldav" > /dev/null
echo "ok - 1,000 two-sided edit scripts against radicale"
ONDOL_ROUNDS_CALENDAR=3000 "$B/tests/hand/test_calendar" > /dev/null
echo "ok - 3,000 wishes done and undone"
ONDOL_ROUNDS_CALDAV=100 "$B/tests/torture/kill_caldav" > /dev/null
echo "ok - 100 rounds of syncs that are killed"
