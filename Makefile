# udptorrent. `make` builds; `make help` lists the rest.

GO          ?= go
FUZZTIME    ?= 60s
BENCH       ?= .
ROWS        ?=
PROGRAMS    ?=
ROUNDS      ?= 5
BENCHFLAGS  ?=
SCENARIOS   ?=
RACECOUNT   ?= 3
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Builds as root in somebody else's checkout fail without it: "error obtaining VCS status".
# Go is asked, since what "go env -w" has set counts no more once the variable is there.
export GOFLAGS := $(shell $(GO) env GOFLAGS 2>/dev/null) -buildvcs=false

.DEFAULT_GOAL := build
.PHONY: build demo test race fuzz bench plots microbench simulate lint cross tools clean help

build: ## bin/tracker and bin/node
	$(GO) build -o bin/ ./cmd/tracker ./cmd/node

demo: build ## a tracker, three owners and a downloader at work, in under half a minute
	$(GO) run ./cmd/demo

test: tools cross ## every test, after installing what they need
	$(GO) vet ./...
	$(GO) test ./...

race: ## every test three times under the race detector
	$(GO) test -race -count=$(RACECOUNT) ./...

fuzz: ## every fuzz target, FUZZTIME (60s) each
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

bench: build ## compared with other programs: ROWS, PROGRAMS, ROUNDS, BENCHFLAGS choose; needs Linux, and root for networks
	$(GO) build -o bin/ ./bench/cmd/bench ./bench/cmd/netem ./bench/pipe
	bin/bench -rows '$(ROWS)' -programs '$(PROGRAMS)' -rounds $(ROUNDS) $(BENCHFLAGS)

plots: build ## docs/plots anew, of the congestion control at work: SCENARIOS chooses; needs Linux and root
	$(GO) build -o bin/ ./bench/cmd/plot
	bin/plot -scenarios docs/plots -only '$(SCENARIOS)'

microbench: ## Go benchmarks, BENCH chooses which
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

simulate: ## swarms of 10 to 10,000 nodes, and the pictures of docs/scale.md
	$(GO) run ./cmd/simulate -plots docs/scale

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt -w $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

cross: ## builds and vets for the other systems, tests included
	GOOS=darwin $(GO) build ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) build ./...
	GOOS=windows $(GO) vet ./...

tools: ## other programs that read our .torrent files in tests
	@.ci/tools

clean: ## removes what was built
	rm -rf bin

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10
