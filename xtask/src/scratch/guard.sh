#!/bin/sh
# Cleans up after a demo or a bench, however it ends: its own end closes this script's stdin. In a process group of its
# own, so that no Ctrl-C reaches it. STAGE is in the environment, so that no search for it finds this script.
set -u
cat >/dev/null
name=$(basename "$STAGE")
pattern="[${name%"${name#?}"}]${name#?}" # does not match itself
running() { grep -laE -- "$pattern$1" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3; }
# shellcheck disable=SC2086
tell() { pids=$(running "$2") && [ -n "$pids" ] && kill "-$1" $pids 2>/dev/null; }

# A service ends when it is told to. It and an interrupted zb still send the post hook: they get the time.
tell TERM /service
tries=0
while [ -n "$(running '/(service|job\.toml)')" ] && [ "$tries" -lt 150 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
for signal in TERM KILL; do
    tries=0
    while tell "$signal" '' && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
done
rm -rf "$STAGE"
