#!/bin/sh
# deps.sh - installs the Debian packages named as arguments that are missing; says what it does.
# DEPS=0: installs nothing. No service is started or enabled by it.
set -eu
missing=
for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "${DEPS:-1}" = 0 ]; then
    echo "missing packages (DEPS=0, so not installed):$missing" >&2
    echo "install them with: apt-get install$missing" >&2
    exit 0
fi
command -v apt-get >/dev/null 2>&1 || {
    echo "this is not a Debian system; please install what these packages hold:$missing" >&2
    exit 1
}
if [ "$(id -u)" = 0 ]; then
    run=
elif command -v sudo >/dev/null 2>&1; then
    run=sudo
else
    echo "missing packages:$missing" >&2
    echo "install them as root with: apt-get install$missing" >&2
    exit 1
fi
echo "installing missing packages${run:+ through sudo}:$missing"

# A package's service must not start on the owner's machine because we use its program in tests:
# policy-rc.d (Debian policy 9.3.3.1) says no while we install, and a newly installed service is disabled.
new_services=
for s in mosquitto dovecot-core mpd radicale; do
    case " $missing " in *" $s "*) new_services="$new_services ${s%-core}" ;; esac
done
rcd=/usr/sbin/policy-rc.d
made=
if [ ! -e $rcd ]; then
    printf '#!/bin/sh\nexit 101\n' | $run tee $rcd >/dev/null
    $run chmod 755 $rcd
    made=1
fi
restore() { [ -z "$made" ] || $run rm -f $rcd; }
trap restore EXIT
trap 'exit 130' INT TERM
install() {
    $run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -qq $missing
}
log=$(mktemp)
if ! install >"$log" 2>&1; then
    { $run apt-get update -qq && install; } >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "could not install:$missing" >&2
        exit 1
    }
fi
rm -f "$log"
for s in $new_services; do
    # the helper works for a package's own scripts only, so it is told the package
    $run env DPKG_MAINTSCRIPT_PACKAGE="$s" deb-systemd-helper disable "$s.service" >/dev/null 2>&1 || true
    $run update-rc.d "$s" disable >/dev/null 2>&1 || true
done
