# 政策直达 (policypush). The five targets of the README, and others; `make setup` is what `make test` needs and is called by it.
SHELL := /bin/bash
GO ?= go
BIN := bin/policypush
# One set of flags for builds and tests, and for the archive: one build cache.
export GOFLAGS := -buildvcs=false -trimpath

.PHONY: run build test lint bench lighthouse dist setup clean score fit soak texts

build: ## the binary
	$(GO) build -o $(BIN) ./cmd/policypush

run: build ## the service at http://127.0.0.1:8080 with the demonstration county
	$(BIN) serve --data data --listen 127.0.0.1:8080 --demo

setup: ## what the tests need: apt-get as root, npm ci
	@internal/tools/setup.sh

test: setup build ## every test, on real servers started on free loopback ports
	@internal/tools/test.sh

# How many random runs of the fault suite, each with its own seed. One takes about half a minute of two cores.
RUNS ?= 200
soak: setup ## pushes through random faults, RUNS of them (docs/soak.md); a failed one says how to see it again
	FAULT_RUNS=$(RUNS) $(GO) test -v -count=1 -timeout 24h -run TestRandomFaults ./internal/e2e/fault

lint: ## formatting, vet, staticcheck, errcheck, deadcode
	@internal/tools/lint.sh

# How many enterprises the large index of the benchmark has: PROVINCE=10000000 takes 4 GB and some minutes.
PROVINCE ?= 0
bench: build ## what docs/benchmarks.md reports
	$(BIN) bench all --province $(PROVINCE)

lighthouse: setup build ## docs/pages.md: Lighthouse and the first paint over a slow line, on a quiet machine
	cd internal/tools/lighthouse && npm ci --no-audit --no-fund --silent
	POLICYPUSH_BIN=$(CURDIR)/$(BIN) E2E_PAGES=$(CURDIR)/docs/pages.md $(GO) test -tags lighthouse -count=1 -timeout 20m -run TestLighthouse ./internal/e2e

dist: ## an archive that runs without Go: dist/policypush-*.tar.gz
	@internal/tools/dist.sh

score: build ## how well labelled documents are read: our own, and ../shared/corpus-dev where it is
	$(BIN) rules score internal/tagging/testdata/corpus
	$(BIN) rules score internal/tagging/testdata/independent
	@if [ -f ../shared/corpus-dev/labels.jsonl ]; then $(BIN) rules score ../shared/corpus-dev; fi

texts: ## every Chinese text of the program with its place, for who edits them
	@$(GO) test ./internal -count=1 -v -run TestTextsHaveOnePlace -args -texts | sed -n 's/^ *texts_test.go:[0-9]*: //p'

clean:
	rm -rf bin dist e2e-artifacts

fit: build ## weights of themes and of facets from the labelled documents, with their cross-validated effect
	$(BIN) rules fit --write rules/tagging/verdict.yaml internal/tagging/testdata/corpus internal/tagging/testdata/independent $(wildcard ../shared/corpus-dev)
	$(BIN) rules fit --facets --write rules/tagging/facets.yaml internal/tagging/testdata/corpus internal/tagging/testdata/independent $(wildcard ../shared/corpus-dev)
