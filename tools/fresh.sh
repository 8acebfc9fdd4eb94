#!/bin/sh
# fresh.sh - proves `make run` and `make check` on a bare Debian 12 with nothing but gcc and make, made by mmdebstrap.
# Then both again without any network. Needs root. KEEP=1 keeps the root in $FRESH (default: a temporary folder).
set -eu
[ "$(id -u)" = 0 ] || { echo "check-fresh needs root (it makes a Debian root and enters it)" >&2; exit 1; }
DEPS=${DEPS:-1} sh tools/deps.sh mmdebstrap util-linux iproute2
root=${FRESH:-$(mktemp -d /tmp/ondol-fresh.XXXXXX)}
done_with() {
    for m in proc dev; do ! mountpoint -q "$root/$m" || umount -R -l "$root/$m"; done
    [ "${KEEP:-0}" = 1 ] || rm -rf "$root"
}
trap done_with EXIT
trap 'exit 130' INT TERM

echo "making a bare Debian root (gcc and make only)"
mmdebstrap --quiet --variant=minbase --include=gcc,make,libc6-dev --skip=check/empty bookworm "$root"
# The root fetches its packages from where this machine does.
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources /etc/resolv.conf; do
    [ -f "$f" ] && cp -L "$f" "$root$f"
done
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
# So does npm, by this machine's settings, and trusts whom this machine trusts.
for f in /etc/npmrc /usr/etc/npmrc /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$f" ] || { mkdir -p "$root$(dirname "$f")" && cp -L "$f" "$root$f"; }
done
mkdir -p "$root/src/ondol" "$root/src/shared"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c | tar -x -C "$root/src/ondol"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

# inside WHAT COMMAND: runs it in the root, as a newcomer would: an empty home, no terminal
inside() {
    began=$(date +%s)
    echo "== $1"
    shift
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C "$@" < /dev/null
    echo "== $(( $(date +%s) - began )) s"
}
inside "make run" chroot "$root" sh -c 'cd /src/ondol && make run'
if [ "${ONLY_RUN:-0}" != 1 ]; then
    inside "make check" chroot "$root" sh -c 'cd /src/ondol && make check'
fi
for service in mosquitto radicale; do
    if ls "$root"/etc/systemd/system/*.wants/$service.service "$root"/etc/rc2.d/S*$service 2>/dev/null; then
        echo "installing left the service $service enabled" >&2
        exit 1
    fi
done
[ ! -e "$root/usr/sbin/policy-rc.d" ] || { echo "installing left policy-rc.d behind" >&2; exit 1; }
# Again, with nothing but the loopback.
alone='ip link set lo up && exec chroot "$0" sh -c "$1"'
inside "make run, again, without a network" unshare --net sh -c "$alone" "$root" \
    'cd /src/ondol && make run > /dev/null && echo fine'
[ "${ONLY_RUN:-0}" = 1 ] ||
    inside "make check, again, without a network" unshare --net sh -c "$alone" "$root" \
        'cd /src/ondol && { make check > /tmp/log; rc=$?; grep -E "^FAIL|passed, " /tmp/log; exit $rc; }'
echo "check-fresh: passed"
