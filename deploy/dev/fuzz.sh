#!/usr/bin/env bash
# fuzz.sh DURATION: runs every fuzz target of the project, one after the other.
set -euo pipefail
duration=$1
cd "$(dirname "$0")/../.."

count=0
while IFS=: read -r file target; do
    echo "── $target ($(dirname "$file"))"
    "${GO:-go}" test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" "./$(dirname "$file")"
    count=$((count + 1))
done < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed 's/:func /:/; s|^\./||')
echo "$count targets, $duration each"
