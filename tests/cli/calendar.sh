#!/bin/sh
# calendar.sh - `ondol setup calendar` and the sync of `ondol up` with a real CalDAV server: what is saved, what comes, what is refused.
. "$(dirname "$0")/lib.sh"

[ -e /usr/bin/radicale ] || { echo "Bail out! radicale is not installed"; exit 1; }

start_server() {                           # port, server_pid
    printf 'kim:hush\n' > "$top/users"
    for port in $((30000 + $$ % 20000)) $((30001 + $$ % 20000)) $((30002 + $$ % 20000)); do
        printf '%s\n' '[server]' "hosts = 127.0.0.1:$port" '[auth]' 'type = htpasswd' "htpasswd_filename = $top/users" \
            'htpasswd_encryption = plain' 'delay = 0' '[storage]' "filesystem_folder = $top/server" > "$top/radicale.conf"
        /usr/bin/python3 /usr/bin/radicale --config "$top/radicale.conf" > "$top/server.log" 2>&1 &
        server_pid=$!
        kept_pids="$kept_pids $server_pid"
        i=0
        while kill -0 $server_pid 2> /dev/null && [ $i -lt 200 ]; do
            curl -s -o /dev/null "http://127.0.0.1:$port/" 2> /dev/null && return
            i=$((i + 1)); sleep 0.05
        done
    done
    bad "no server: $(head -c 300 "$top/server.log")"
}
wait_file() {                              # wait_file GLOB: at most twenty seconds
    i=0
    while ! ls $1 > /dev/null 2>&1; do
        i=$((i + 1))
        [ $i -lt 400 ] || { bad "no $1"; return 1; }
        sleep 0.05
    done
}
put() {                                    # put NAME TITLE: an event of another program
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20261210T100000Z\r\nSUMMARY:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' "$1" "$2" > "$top/event"
    curl -s -o /dev/null -u kim:hush -T "$top/event" -H 'Content-Type: text/calendar' "http://127.0.0.1:$port/kim/work/$1.ics" || bad "cannot put $1"
}

begin "setup looks, shows, saves; up syncs"
start_server
curl -s -o /dev/null -u kim:hush -X MKCALENDAR "http://127.0.0.1:$port/kim/work/" || bad "no calendar"
put first "Dentist"
url=http://127.0.0.1:$port/
run 7 setup calendar --caldav $url --user kim --password-command "echo wrong"; err password; not_err wrong
run 0 config get hands.calendar.caldav.url; not_out 127
[ ! -e "$HOME/.local/share/ondol/calendars" ] || bad "trying it made files"
run 0 setup calendar --caldav $url --user kim --password-command "echo hush"; out "1 calendars"; out work; out config.yaml
[ ! -e "$HOME/.config/ondol/secrets.yaml" ] || bad "a password was written down"
start_up
run 0 hands; out calendar
wait_file "$HOME/.local/share/ondol/calendars/work/first.ics"
run 0 doctor; out "in sync"; not_out hush
mkdir -p "$HOME/.local/share/ondol/calendars/personal"
stop_up
kill $server_pid; wait $server_pid 2> /dev/null
start_up; run 0 hands
wait_for "$top/up.log" "cannot be used now"
run 1 doctor; stop_up
end

begin "a server that is not there: nothing is saved"
run 7 setup calendar --caldav http://127.0.0.1:1/; run 0 config get hands.calendar.caldav.url; not_out 127
run 2 setup calendar; run 7 setup calendar --caldav ftp://x/; run 2 setup calender
end

finish
