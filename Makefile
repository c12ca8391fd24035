# Targets for people. CI runs `make test`.
.DEFAULT_GOAL := help
SHELL := bash -o pipefail
BIN := $(CURDIR)/.cache/bin
LINT := $(BIN)/golangci-lint-v2.15.0
FUZZTIME ?= 10s
# Long tests in which nothing runs at once: the race detector would only slow them.
SEQUENTIAL := TestKill|TestRestoreRefuses|TestTornSnapshot|TestChurn|TestRecall|TestBackupChain|TestDamage|TestSpaceUnderChurn|TestFlippedLog|TestShortManifest|TestCalibrates|TestBackgroundSnapshot|TestSystemStopped|TestDeferredGraphAgainstModel|TestGraphWhenWorthIt|TestChoosesCodes$$|TestDeepCandidates|TestExactHybrid|TestNumbersWithoutGraph|TestHalfBuilt

.PHONY: help
help: ## print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

.PHONY: quickstart
quickstart: ## make a database of sample passages and ask it six questions
	go run ./cmd/frony-db quickstart

.PHONY: build
build: ## build bin/frony-db, a static binary
	CGO_ENABLED=0 go build -trimpath -o bin/frony-db ./cmd/frony-db

# The rest waits for downloads, for servers and for single threads, so some of it runs side
# by side. Only one may call apt at a time: what they need of it comes first.
.PHONY: test
test: lint test-go packages ## install what the tests need, and run all of them
	$(MAKE) -j3 --output-sync=target test-race test-portable test-openapi test-python test-integrations test-clients test-engines test-bench

.PHONY: packages
packages: ## install by apt what is not there: Chromium, QEMU, Python's venv
	@missing=; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v qemu-aarch64 >/dev/null || missing="$$missing qemu-user"; \
	python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	[ -z "$$missing" ] || { apt-get update -q && apt-get install -yq --no-install-recommends $$missing; }

.PHONY: test-go
test-go: ## the tests, as `go test ./...`
	CGO_ENABLED=0 go build ./...
	go test -timeout 20m ./...

.PHONY: test-race
test-race: ## the tests of everything concurrent, with the race detector
	go test -race -short -p 2 -timeout 20m -skip '$(SEQUENTIAL)' ./db ./db/internal/... ./hnsw ./quant ./server/... ./client/... ./embedder/builtin ./embedder/embeddertest

.PHONY: test-portable
test-portable: packages ## other processors: no assembly here, arm64's under emulation, and what compiles elsewhere
	go test -tags noasm -short ./quant/... ./embedder/transformer/...
	GOARCH=arm64 go test -exec 'qemu-aarch64 -cpu max' -short ./quant/... ./embedder/transformer/engine/purego/internal/...
	GOOS=windows go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...

.PHONY: test-bench
test-bench: ## the benchmarks' own module compiles and its tests pass
	cd bench && go vet ./... && go test -short ./...

.PHONY: test-integrations
test-integrations: $(LINT) ## the stores for LangChainGo, Genkit and Eino, each a module of its own
	@for m in langchaingo genkit eino; do \
	  echo "integrations/$$m"; (cd integrations/$$m && $(LINT) fmt --diff ./... && \
	    $(LINT) run --allow-parallel-runners ./... && go test ./...) || exit 1; \
	done

.PHONY: test-clients
test-clients: packages ## other people's clients against our server, and the console in Chromium (Node)
	@command -v npm >/dev/null || { echo "test-clients needs Node.js and npm: https://nodejs.org"; exit 1; }
	cd tools/clients && npm ci --no-audit --no-fund && npm test

.PHONY: test-python
test-python: packages ## the Python package, and the suites that LangChain and Haystack publish for stores
	CACHE=$(CURDIR)/.cache/python python/test.sh

.PHONY: test-chroma
test-chroma: packages ## the suites of langchain-chroma and chromadb's clients, and what other tools do with these, against `serve --compat chroma`
	CACHE=$(CURDIR)/.cache/chroma tools/chroma/run.sh

.PHONY: test-engines
test-engines: packages ## the conformance suite on PostgreSQL with pgvector, which is started from a Python wheel (25 MB)
	CACHE=$(CURDIR)/.cache/engines tools/engines/run.sh

.PHONY: test-engines-kill
test-engines-kill: ## kills of writers and of PostgreSQL with fsync: what was acknowledged is there (a few minutes)
	CACHE=$(CURDIR)/.cache/engines tools/engines/run.sh go run ./tools/engines/kill -kills 60

.PHONY: test-opensearch
test-opensearch: ## the conformance suite on OpenSearch with k-NN, from Maven Central (54 MB; needs Java 17 or newer and Maven)
	JAVA_OPTS=-XX:TieredStopAtLevel=1 CACHE=$(CURDIR)/.cache/engines tools/engines/opensearch.sh

.PHONY: test-opensearch-cluster
test-opensearch-cluster: ## kill, stop and restart the nodes of an OpenSearch cluster of three while two processes write (KILLS=100; 2 GB of memory)
	NODES=3 FAULT_TIMEOUT=2s JAVA_OPTS=-XX:TieredStopAtLevel=1 CACHE=$(CURDIR)/.cache/engines tools/engines/opensearch.sh go run ./tools/engines/killnodes -kills $(or $(KILLS),100)

.PHONY: types-python
types-python: build ## write the Python package's types from the server's description
	FRONYDB_BINARY=$(CURDIR)/bin/frony-db PYTHONPATH=python/src $(CURDIR)/.cache/python/venv/bin/python python/tools/generate_types.py

.PHONY: wheels
wheels: ## build the Python package's wheels for all platforms into python/dist
	python3 python/build_wheels.py

.PHONY: test-openapi
test-openapi: packages ## clients generated from the API's description, and schemathesis (Python 3.11; bounded)
	CACHE=$(CURDIR)/.cache/openapi tools/openapi/run.sh

.PHONY: bench-ann
bench-ann: ## the index against hnswlib, usearch, faiss and others at equal recall
	go run -C bench ./cmd/annbench

.PHONY: goldens
goldens: ## compare tokenizer and models with the reference implementations (Python; CORPUS=lines.txt)
	$(MAKE) -C tools/tokenizer full CORPUS=$(CORPUS)
	$(MAKE) -C tools/goldens goldens

.PHONY: native
native: ## prepare ONNX Runtime and Hugging Face's tokenizers for -tags native, and test with them
	$(MAKE) -C tools/native test

.PHONY: build-native
build-native: ## build bin/frony-db with ONNX Runtime and Hugging Face's tokenizers
	$(MAKE) -C tools/native
	CGO_ENABLED=1 CGO_LDFLAGS="$$($(MAKE) -s -C tools/native ldflags)" go build -trimpath -tags native -o bin/frony-db ./cmd/frony-db

.PHONY: lint
lint: $(LINT) ## formatting and lint
	$(LINT) fmt --diff ./...
	$(LINT) run --allow-parallel-runners ./...

$(LINT):
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(BIN)/golangci-lint $@

.PHONY: fmt
fmt: $(LINT) ## format the code
	$(LINT) fmt ./...

.PHONY: fuzz
fuzz: ## run every fuzz test for FUZZTIME
	@for pkg in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; done

.PHONY: bench
bench: ## measure the database: import, search, open, memory, disk, recall
	go run -C bench ./cmd/dbbench

.PHONY: clean
clean: ## delete what was built
	rm -rf bin .cache
