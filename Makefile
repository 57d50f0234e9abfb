# threatbench: make help lists what there is.
SHELL := /bin/bash
GO ?= go
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/threatbench-tools
LINT := $(TOOLS)/golangci-lint-v2.15.0
DEADCODE := $(TOOLS)/deadcode-v0.52.0
LDFLAGS := -s -w
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help run test check race lint dead fmt vet keys golden bench fuzz attack vuln build release packages install clean need-go

help: ## list what make can do
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

need-go:
	@command -v $(GO) >/dev/null || { echo "threatbench needs Go 1.26 or newer: https://go.dev/dl/" >&2; exit 1; }

run: need-go ## start the workbench on a throwaway database of demo events
	@mkdir -p $(TOOLS)/run; echo "Compiling; the first time takes a minute or two." >&2; set -o pipefail; \
	$(GO) build -v -o $(TOOLS)/run/threatbench . 2>&1 | .ci/progress
	@$(TOOLS)/run/threatbench demo

test: need-go ## run all tests; those of the store in SQLite, and in PostgreSQL where there is one
	$(GO) test $$($(GO) list ./... | grep -v '/api/store$$')
	@echo "$(GO) test ./api/store"; set -o pipefail; \
	THREATBENCH_TEST_HOMES=both $(GO) test -count=1 -v ./api/store | grep -vE '^ *(=== |--- (PASS|SKIP))|^(PASS|\[rapid\])'

# Hostile texts, timed ones among them, kills, and series of pictures ask nothing of the race detector that other tests don't, and take minutes with it.
race: need-go ## run all tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m -skip 'Hostile|Kill|^Test(EveryTextOfEveryAnswer|EndlessNames|HistoryIsBounded|ScreensOfCharts|WhatLeavesKnowsNothingAboveALimit)$$' ./...

check: fmt vet lint race ## everything a change must pass: format, vet, lint, tests with the race detector

fmt: need-go
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted (run gofmt -w):"; echo "$$out"; exit 1; }

vet: need-go
	$(GO) vet ./...

lint: $(LINT) ## lint, import rules included
	$(LINT) run ./...

dead: $(DEADCODE) ## functions that nothing calls, of the programs, and with TESTS=1 of the tests, too: there may be none
	@out=$$($(DEADCODE) . ./bench) && [ -z "$$out" ] || { echo "$$out"; exit 1; }
	@[ -z "$(TESTS)" ] || { out=$$($(DEADCODE) -test ./...) && [ -z "$$out" ] || { echo "$$out"; exit 1; }; }

$(DEADCODE):
	@mkdir -p $(TOOLS)/bin
	GOBIN=$(TOOLS)/bin $(GO) install golang.org/x/tools/cmd/deadcode@v0.52.0
	@mv $(TOOLS)/bin/deadcode $(DEADCODE)

$(LINT):
	@mkdir -p $(TOOLS)/bin
	GOBIN=$(TOOLS)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	@mv $(TOOLS)/bin/golangci-lint $(LINT)

keys: need-go ## write docs/keys.md and the README's key table anew
	$(GO) test ./ui -run "TestDocsAreFresh|TestReadmeIsFresh" -update

golden: need-go ## write the golden screens anew (look at them before committing)
	$(GO) test $$(grep -rl widget/uitest --include=*_test.go ui views | xargs -n1 dirname | sort -u | sed "s|^|./|") -update

SOAK ?= 30m # how long make bench soaks the server over SSH; 0 leaves it out

bench: need-go ## measure speed, beside the budgets and beside peers that are installed; SOAK=5m shortens the soak
	$(GO) run ./bench -soak $(SOAK)

fuzz: need-go ## run every fuzz target for a while (FUZZTIME=30s each), and long random walks through the workbench
	MONKEY_SEED=$${MONKEY_SEED:-$$RANDOM} MONKEY_STEPS=$${MONKEY_STEPS:-1000} $(GO) test -count=1 -run "Random|Hostile" ./ui
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-30s} $$p || exit 1; \
	  done; done

attack: need-go ## the attacks of the tests at length: kills, isolation of every route, exec lines, hostile answers in every view (ATTACK=10)
	THREATBENCH_ATTACK=$${ATTACK:-10} $(GO) test -count=1 -timeout 60m -run 'Kill|Isolation|Limit|Hostile|EveryText|Nothing|SSH|SplitWords|Strangers|Thousands' . ./ui ./cli ./cli/sshd ./cli/guard ./api/server ./api/store

vuln: need-go ## look the dependencies up in the vulnerability database (needs the network; STRICT=1: Go's own holes fail, too)
	@.ci/vuln

build: need-go ## build ./threatbench, one static file
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o threatbench .

release: need-go ## build what is published into dist/: programs, packages, list of parts, checksums (RELEASE_KEY=… signs)
	.ci/package/release

packages: need-go ## check the packages: built twice, lintian, rpm, installed, upgraded and removed in a clean root
	.ci/package/test

install: need-go ## build and install threatbench into $GOBIN
	$(GO) install -trimpath -ldflags '$(LDFLAGS)' .

clean: ## remove what was built
	rm -rf threatbench dist
