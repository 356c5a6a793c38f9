#!/usr/bin/env bash
# check.sh STAGE...: runs the named checks in order, stops at the first that
# fails, and says how long each took. What needs no compiling comes first.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}

summary=()

# run NAME COMMAND...: one timed check.
run() {
    local name=$1 begin=$EPOCHREALTIME status=0
    shift
    echo "── $name"
    "$@" || status=$?
    local took
    took=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }')
    summary+=("$(printf '%-14s %8s' "$name" "$took")")
    if ((status != 0)); then
        echo "── $name failed after $took" >&2
        exit "$status"
    fi
}

formatted() {
    local files
    files=$(gofmt -l .)
    if [[ -n $files ]]; then
        printf 'not formatted, run gofmt -w:\n%s\n' "$files" >&2
        return 1
    fi
}

for stage in "$@"; do
    case $stage in
    static)
        run gofmt formatted
        run 'mod tidy' "$GO" mod tidy -diff
        run 'sqlc diff' "$SQLC" diff
        ;;
    vet) run 'go vet' "$GO" vet ./... ;;
    lint) run golangci-lint "$GOLANGCI" run ./... ;;
    # -race needs cgo.
    test) run 'go test' env CGO_ENABLED=1 "$GO" test -race -shuffle=on -count=1 -timeout 30m ./... ;;
    *)
        echo "check.sh: no stage named $stage" >&2
        exit 2
        ;;
    esac
done

echo "── all good"
printf '   %s\n' "${summary[@]}"
