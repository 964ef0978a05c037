#!/bin/sh
# Cleans up after the demo, however it ends: its own end closes this script's stdin. In a process group of its own,
# so that no Ctrl-C reaches it. STAGE is in the environment, so that no search for it finds this script.
set -u
cat >/dev/null
name=$(basename "$STAGE")
pattern="[${name%"${name#?}"}]${name#?}" # does not match itself
running() { grep -laE -- "$pattern$1" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3; }

# An interrupted zb still sends the post hook: it gets the time.
tries=0
while [ -n "$(running '/job\.toml')" ] && [ "$tries" -lt 150 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
for signal in TERM KILL; do
    tries=0
    while pids=$(running '') && [ -n "$pids" ] && [ "$tries" -lt 50 ]; do
        # shellcheck disable=SC2086
        kill "-$signal" $pids 2>/dev/null
        tries=$((tries + 1))
        sleep 0.1
    done
done
rm -rf "$STAGE"
