# Everything a contributor runs. `make help` lists it; `make test` is what CI runs.
SHELL := /usr/bin/env bash
.DEFAULT_GOAL := help
.PHONY: help run demo build web generate lint vet test test-go simulate fleet drift services services-stop browser clean kill

TOOLS := .ci/tools/go.mod
GOLANGCI := .run/bin/golangci-lint

# The race detector watches everything but SQLite itself, which is C translated to Go: no code of ours or of a Go
# library shares its memory, and watched it takes ten times as long, which was half of all that the tests took.
export RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start everything in one process on embedded parts, data in ./data
	go run .

demo: ## play a whole group-buy against a server of its own and print each step
	go run . demo

build: ## build the static binary ./kaituan
	CGO_ENABLED=0 go build -trimpath -o kaituan .

web: ## build the pages of web/ into their dist folders, which go into the binary (needs Node)
	@.ci/web.sh

generate: ## write types, routes, client and tables again from api/openapi
	go generate ./api/...
	go test -count=1 ./api/problem ./api/openapi -update

lint: $(GOLANGCI) ## formatting, import rules and house style
	$(GOLANGCI) run --allow-parallel-runners ./...

vet: ## go vet, on its own because it is quick
	go vet ./...

test: ## all that CI checks: lint, vet, race tests on real servers, drift, browser; starts and stops the servers
	@.ci/test.sh

test-go: ## race tests; MariaDB, Redis and RabbitMQ are used when `make services` has started them
	@if [ -f .run/services.env ]; then . .run/services.env; fi; go test $$RACE -timeout 15m ./...

simulate: ## play days of the whole system per seed, e.g. make simulate SEEDS=20000 FROM=1 OPS=60 (docs/simulation.md)
	go test ./infrastructure/simulation -run 'TestSimulation$$' -count 1 -timeout 0 -v \
		-seeds $(or $(SEEDS),1000) -from $(or $(FROM),1) -ops $(or $(OPS),60)

kill: ## kill the binary at up to ROUNDS hits of every failpoint and have it go on: make kill ROUNDS=12
	@if [ -f .run/services.env ]; then . .run/services.env; fi; \
		go test ./infrastructure/killtest -run TestKill -count 1 -timeout 6h -v -rounds $(or $(ROUNDS),12) | grep -E 'numbers|FAIL|^ok'

fleet: ## two of each role behind nginx: rolling restarts, a minute's sleep, a killed database, an upgrade, under load (docs/operations.md)
	@if [ -f .run/services.env ]; then . .run/services.env; fi; set -o pipefail; \
		go test ./infrastructure/fleettest -run TestFleet -count 1 -timeout 1h -v -long | grep -E 'numbers|check:|SKIP|FAIL|^ok'

drift: ## fail when generated code is not what its source makes
	@.ci/drift.sh

services: ## start MariaDB, Redis and RabbitMQ on private ports and print their variables
	@.ci/services.sh up
	@.ci/services.sh env

services-stop: ## stop what `make services` started
	@.ci/services.sh down

browser: ## drive the pages in chromium; pictures in screenshots/
	@.ci/browser.sh

clean: services-stop ## remove what was built or started here; ./data stays
	rm -rf kaituan .run screenshots web/*/node_modules

# Built once: linking it takes about a minute, and `go tool` would look the module up at every run.
$(GOLANGCI): $(TOOLS)
	go build -modfile=$(TOOLS) -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
