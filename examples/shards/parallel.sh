#!/bin/sh
# Judges a range on all cores of one machine, in shards of GNU parallel.
#   BASE=<hash> HEAD=<hash> FORMAT=text examples/shards/parallel.sh
set -e
SHARDS=${SHARDS:-4}
DIRECTORY=$(mktemp -d)
export BASE HEAD SHARDS DIRECTORY
trap 'rm -rf "$DIRECTORY"' EXIT
# the shell of each job reads the variables, so that none of them becomes a command
seq "$SHARDS" | parallel --halt now,fail=1 \
  'git signet verify --jobs 1 --shard {}/"$SHARDS" --policy-from "$BASE" "$BASE..$HEAD" > "$DIRECTORY/{}.shard"'
git signet merge-reports --format "${FORMAT:-text}" "$DIRECTORY"/*.shard
