# Every target with a "##" comment is listed by `make help`.
#
# `make demo` and `make test` need nothing but Go on a fresh Debian or Ubuntu:
# what else they need they install when they may, or name and stop.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

GO        ?= go
FUZZTIME  ?= 30s
ARGS      ?=

SQLC_VERSION     := v1.31.1
GOLANGCI_VERSION := v2.15.0
SQLC             := .tools/sqlc-$(SQLC_VERSION)
GOLANGCI         := .tools/golangci-lint-$(GOLANGCI_VERSION)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Try it

.PHONY: demo
demo: deps-demo build ## Run Nichoir with everything it needs, and sample data; Ctrl-C stops it, the next start goes on
	@./bin/nichoir demo $(ARGS)

.PHONY: demo-clean
demo-clean: build ## Forget the demonstration's data
	@./bin/nichoir demo --clean

.PHONY: tour
tour: deps-demo build ## Rehearse the main job; ARGS="--nextcloud URL --user NAME --password-file FILE" for a live server
	@./bin/nichoir tour $(ARGS)

## Work on it

.PHONY: build
build: ## Build bin/nichoir
	@deploy/dev/deps.sh go
	@$(GO) build -o bin/nichoir ./cmd/nichoir

.PHONY: test
test: deps $(SQLC) $(GOLANGCI) ## Run all checks and tests, as continuous integration does
	@SQLC=$(SQLC) GOLANGCI=$(GOLANGCI) GO=$(GO) deploy/dev/check.sh static vet lint test

.PHONY: lint
lint: $(SQLC) $(GOLANGCI) ## Run the checks without the tests
	@SQLC=$(SQLC) GOLANGCI=$(GOLANGCI) GO=$(GO) deploy/dev/check.sh static vet lint

.PHONY: generate
generate: $(SQLC) ## Write anew what is generated: SQL queries, settings' documentation
	@$(SQLC) generate
	@$(GO) test ./internal/config -run TestGeneratedFiles -update >/dev/null

.PHONY: bench
bench: deps ## Measure the figures of the design, as ratios against a limit measured in the same run
	@$(GO) test -run '^$$' -bench . -benchtime 1x -count 1 -timeout 30m ./internal/e2e/...
	@$(GO) test -run '^$$' -bench 'BenchmarkMatch/search/33$$' -benchtime 100x -count 1 ./internal/support/linking | grep -vE '^(goos|goarch|pkg|cpu|Benchmark|PASS|ok|$$)'

.PHONY: faults
faults: deps ## Provision a few hundred spaces with random faults, print the figures
	@$(GO) test -run TestFaults -count 1 -v -timeout 30m ./provisioning -args -faults.spaces 50 -faults.seeds 4 | grep -vE '^=== (RUN|PAUSE|CONT|NAME)'

.PHONY: contract
contract: ## Run the client's contract against a live server: NEXTCLOUD_URL=… NEXTCLOUD_USER=… NEXTCLOUD_PASSWORD=…
	@: "$${NEXTCLOUD_URL:?is not set, the address of the server}" \
	   "$${NEXTCLOUD_USER:?is not set, an administrator of the server}" \
	   "$${NEXTCLOUD_PASSWORD:?is not set, the password of that account}"
	@$(GO) test -run Contract -count 1 -v -timeout 30m ./nextcloud/...

.PHONY: fuzz
fuzz: ## Fuzz every parser for FUZZTIME (30s) each
	@GO=$(GO) deploy/dev/fuzz.sh $(FUZZTIME)

.PHONY: deps
deps: ## Install what tests need and the machine lacks: postgresql, chromium, dovecot, gcc
	@deploy/dev/deps.sh go postgresql chromium dovecot gcc

.PHONY: deps-demo
deps-demo:
	@deploy/dev/deps.sh go postgresql

# The tools are built from source, once for each version. Without cgo: sqlc then
# brings PostgreSQL's parser as WebAssembly and needs no C compiler.
$(SQLC):
	@GO=$(GO) deploy/dev/tool.sh $@ github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION)

$(GOLANGCI):
	@GO=$(GO) deploy/dev/tool.sh $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
