#!/bin/sh
# What `docker start` does here: starts the database, apart from whoever asks.
set -eu
here=$(dirname "$0")
stage=$(dirname "$(dirname "$here")")
setsid sh "$stage/database.sh" "$stage/data/rows" </dev/null >/dev/null 2>&1 &
echo $! >"$here/pid"
