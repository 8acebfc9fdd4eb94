#!/bin/sh
# flags.sh OUT NAME=PACKAGE... - asks pkg-config for every library and writes its flags for make.
# A missing library is named with the command that installs it.
set -eu
out=$1; shift
bad=
names=
for m in "$@"; do
    name=${m%%=*}
    if pkg-config --exists "$name" 2>/dev/null; then
        names="$names $name"
    else
        echo "library $name is missing; install it with: apt-get install ${m#*=}" >&2
        bad=1
    fi
done
[ -z "$bad" ] || exit 1
mkdir -p "$(dirname "$out")"
{
    echo "PKG_CFLAGS := $(pkg-config --cflags $names)"
    echo "PKG_LIBS := -Wl,--as-needed $(pkg-config --libs $names)"
} > "$out.new"
mv "$out.new" "$out"
