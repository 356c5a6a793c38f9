#!/usr/bin/env bash
# tool.sh FILE PACKAGE@VERSION: builds a tool into FILE, whose name holds its version.
set -euo pipefail
file=$1 package=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo "building $package (once; takes a few minutes)" >&2
GOBIN=$dir GOFLAGS= CGO_ENABLED=0 "${GO:-go}" install "$package"
mkdir -p "$(dirname "$file")"
mv "$dir"/* "$file"
