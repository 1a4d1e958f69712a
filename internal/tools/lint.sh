#!/usr/bin/env bash
# Formatting and static checks; any output of a checker is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
tool() { go tool -modfile=internal/tools/go.mod "$@"; }
empty() { # NAME COMMAND…: fails and shows what it printed, if anything
	local name=$1 out
	shift
	out=$("$@" 2>&1) || { printf '%s:\n%s\n' "$name" "$out" >&2; exit 1; }
	[ -z "$out" ] || { printf '%s:\n%s\n' "$name" "$out" >&2; exit 1; }
}
go mod download && go mod download -modfile=internal/tools/go.mod # here, since what is told of it would count as found
empty "go mod tidy" go mod tidy -diff
empty "go vet" go vet ./...
empty gofumpt tool gofumpt -l cmd internal rules interpretations workers web
empty staticcheck tool staticcheck -checks all,-ST1000,-ST1003 ./...
empty errcheck tool errcheck -exclude internal/tools/errcheck.txt ./...
empty deadcode tool deadcode -test ./...
echo "lint: ok"
