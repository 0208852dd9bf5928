# What a developer types often; the README's two commands need only Go.
.PHONY: build test crash powerloss race lint tools update mutate

build: ## the static binary, in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/iggy-flow ./cmd/iggy-flow

test: ## all tests
	go test ./...

# Each scenario plays its deck of kills, for at most CRASH_SECONDS; CRASH_SEED orders it, RUN selects tests.
crash: ## kill pipelines by the hundred, and count what became of their records
	CRASH_SECONDS=$${CRASH_SECONDS:-3600} go test ./internal/ledger -count=1 -v -timeout 0 -run '$(or $(RUN),.)'

powerloss: ## cut the power of each scenario 200 times: CRASH_SEED chooses when, and what the disk keeps
	CRASH_SECONDS=$${CRASH_SECONDS:-3600} go test ./internal/ledger -count=1 -v -timeout 0 -run 'TestFault07|TestAForgottenSync'

race: ## the packages with goroutines, under the race detector
	go test -race ./engine/... ./inputs/... ./outputs/file/... ./dsl/...

lint: ## format, vet, staticcheck, and the documents of this repository
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	go run ./cmd/iggy-flow lint ./pipelines/...

tools: ## what some tests need beyond Go: jq, Node.js with the packages of a table reader, PostgreSQL, versitygw
	./internal/tools/install

update: ## rewrite golden files and generated documentation
	go test $$(grep -rl 'internal/golden"' --include=*_test.go . | xargs -n1 dirname | sort -u) -run 'Test(Diagnostics|Script|Reference|Golden)' -update

mutate: ## change one decision at a time and see that a test notices; takes long. ONLY=directory.go is one file
	nice go run ./internal/mutate -only '$(ONLY)'
