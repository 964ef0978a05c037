#!/bin/sh
# What `occ maintenance:mode --off` says. Once it fails, where somebody has left `busy`.
set -eu
if [ -e busy ]; then
    rm busy
    echo "An unhandled exception has been thrown: the database is busy" >&2
    exit 1
fi
rm -f maintenance
echo "Maintenance mode disabled"
