#!/bin/sh
# What `occ maintenance:mode --on` says.
set -eu
touch maintenance
echo "Maintenance mode enabled"
