#!/bin/sh
# What `docker start` does here: starts the database, apart from whoever asks, and waits until it is open.
set -eu
stage=$(dirname "$(dirname "$(dirname "$0")")")
rows=$stage/data/rows
before=$(grep -c opened "$rows" 2>/dev/null || true)
setsid sh "$stage/database.sh" "$rows" </dev/null >/dev/null 2>&1 &
echo $! >"$(dirname "$0")/pid"
until [ "$(grep -c opened "$rows" 2>/dev/null || true)" != "$before" ]; do sleep 0.02; done
