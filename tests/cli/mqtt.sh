#!/bin/sh
# mqtt.sh - the whole loop through a real broker: home sim publishes the house, setup tries and saves, do acts, undo takes back.
. "$(dirname "$0")/lib.sh"

command -v mosquitto > /dev/null || PATH=$PATH:/usr/sbin
command -v mosquitto > /dev/null || { echo "Bail out! mosquitto is not installed"; exit 1; }

start_broker() {                           # start_broker [CONF-LINE...]: port, broker_pid
    for port in $((20000 + $$ % 20000)) $((20001 + $$ % 20000)) $((20002 + $$ % 20000)) $((20003 + $$ % 20000)); do
        printf '%s\n' "listener $port 127.0.0.1" "$@" > "$top/broker.conf"
        mosquitto -c "$top/broker.conf" > "$top/broker.log" 2>&1 &
        broker_pid=$!
        kept_pids="$kept_pids $broker_pid"
        sleep 0.3
        kill -0 $broker_pid 2> /dev/null && return
    done
    bad "no broker: $(cat "$top/broker.log")"
}
start_sim() {                              # start_sim ARG...: sim_pid
    "$ONDOL" home sim --mqtt 127.0.0.1:$port "$@" > "$top/sim.log" 2>&1 < /dev/null &
    sim_pid=$!
    kept_pids="$kept_pids $sim_pid"
    wait_for "$top/sim.log" 127.0.0.1
}
stop() { kill -TERM "$1" 2> /dev/null; wait "$1"; }

for form in "" --device-form; do
    begin "setup, do, undo, states through mosquitto ${form:-(component form)}"
    start_broker "allow_anonymous true"
    start_sim $form
    run 0 setup home --mqtt 127.0.0.1:$port; out config.yaml
    run 0 config get hands.home.mqtt.port; out $port
    run 0 do "turn on the kitchen light"; no_err
    run 0 home state --json
    id=$(tr '{' '\n' < "$top/out" | sed -n 's/^"id":"\(light\.[a-z_]*kitchen[a-z_]*\)","domain":"light".*/\1/p' | head -n 1)
    [ -n "$id" ] || bad "no kitchen light came through the broker"
    run 0 log --json; json .events.2.body.done=ok
    run 0 undo; no_err
    run 0 log verify
    start_up
    run 0 do 거실 스탠드 켜 줘
    run 4 do "unlock the front door"; run 0 pending --json; qid=$(value id); run 0 answer "$qid" yes
    run 0 doctor; out 127.0.0.1
    stop $sim_pid || bad "home sim ended with $?"
    stop $broker_pid
    wait_for "$top/up.log" "not reachable"
    run 1 doctor
    start_broker "allow_anonymous true"; start_sim $form
    i=0; while ! "$ONDOL" doctor > /dev/null 2>&1 && [ $i -lt 40 ]; do i=$((i + 1)); sleep 0.5; done
    run 0 doctor; run 0 do "turn on the study light"
    stop_up; stop $sim_pid; stop $broker_pid
    end
done

begin "a broker that is not there: nothing is saved, and it says so at once"
run 7 setup home --mqtt 127.0.0.1:1; err "127.0.0.1"; run 0 config get hands.home.mqtt.host; not_out 127
run 2 setup home; run 2 setup home --mqtt :; run 2 setup home --mqtt x:99999; run 2 home sim; run 7 home sim --mqtt 127.0.0.1:1
end

begin "a password by command, and a wrong one"
mosquitto_passwd -c -b "$top/passwords" ondol hush 2> /dev/null || bad "no mosquitto_passwd"
chmod 644 "$top/passwords"; chmod 755 "$top"
start_broker "allow_anonymous false" "password_file $top/passwords"
run 7 setup home --mqtt 127.0.0.1:$port --user ondol --password-command "echo wrong"
run 16 setup home --mqtt 127.0.0.1:$port --user ondol --password-command "exit 3"
run 0 setup home --mqtt 127.0.0.1:$port --user ondol --password-command "echo hush"
run 0 doctor; not_out hush; run 0 config get hands.home.mqtt --json; json '.password='; run 0 log; not_out hush
[ ! -e "$HOME/.config/ondol/secrets.yaml" ] || bad "a password was written down"
stop $broker_pid
end

finish
