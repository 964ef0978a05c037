#!/bin/sh
# What `docker stop` does here: asks the database to close, and waits until it has.
set -eu
pid=$(cat "$(dirname "$0")/pid")
kill -TERM "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
