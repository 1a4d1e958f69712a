#!/usr/bin/env bash
# Every test. POLICYPUSH_BIN is the binary that the end-to-end tests start.
set -euo pipefail
cd "$(dirname "$0")/../.."
export POLICYPUSH_BIN="$PWD/bin/policypush"
# Two packages at a time: the machine of CI has two cores and many tests start servers of their own.
# -count=1: every test runs, and go does not hash what tests that look at files in a loop have looked at, which took minutes.
go test -count=1 -p 2 -timeout 20m ./...
# What shares memory between goroutines, once more under the race detector. SQLite itself, C made Go, is left as it is: watching each of
# its reads took five minutes. More of its library may not be left out: its copies of generic functions would stand for everybody's.
go test -count=1 -race -gcflags=modernc.org/sqlite/lib=-race=false -timeout 15m ./internal/audience ./internal/channel/... ./internal/queue ./workers
