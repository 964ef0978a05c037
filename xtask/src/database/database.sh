#!/bin/sh
# A database in miniature: it appends a row every tenth of a second, and says when it opens and closes its file. Who
# copies the file while it is open has no "closed" at the end: a copy that cannot be trusted.
set -eu
file=$1
now() { date +%s%3N; }
trap 'echo "closed $(now)" >>"$file"; exit 0' TERM
echo "opened $(now)" >>"$file"
row=0
while :; do
    row=$((row + 1))
    echo "row $row" >>"$file"
    sleep 0.1
done
