#!/bin/sh
# What `docker stop` does here: asks the database to close, and waits until it has.
set -eu
here=$(dirname "$0")
kill -TERM "$(cat "$here/pid")"
until tail -n 1 "$here/../../data/rows" | grep -q closed; do sleep 0.02; done
