#!/usr/bin/env bash
# Every test. POLICYPUSH_BIN is the binary that the end-to-end tests start.
set -euo pipefail
cd "$(dirname "$0")/../.."
export POLICYPUSH_BIN="$PWD/bin/policypush"
# -count=1: every test runs, and go does not hash what tests that look at files in a loop have looked at, which took minutes.
# -vet=off: make lint does it, of everything.
check() { go test -count=1 -vet=off -timeout 20m "$@"; }
# The end-to-end tests wait for pages and gateways most of the time, four at once, and take longest: the others run beside them. Of those
# two packages at a time: the machine of CI has two cores and many tests start servers of their own.
check -parallel 4 ./internal/e2e & pages=$!
failed=0
check -p 2 $(go list ./... | grep -v '/internal/e2e$') || failed=1
# What shares memory between goroutines, once more under the race detector. SQLite itself, C made Go, is left as it is: watching each of
# its reads took five minutes. More of its library may not be left out: its copies of generic functions would stand for everybody's.
# The months of TestSummariesKeepTheirPromises pass in one goroutine, in more time than all other tests of workers take: once is enough.
check -race -skip '^TestSummariesKeepTheirPromises$' -gcflags=modernc.org/sqlite/lib=-race=false ./internal/audience ./internal/channel/... ./internal/queue ./workers || failed=1
wait "$pages" || failed=1
exit "$failed"
