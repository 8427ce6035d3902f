# The commands of this repository. Each step says what it does and how long it took; a step that fails shows its log.
#
#   PARTS="rust spark-4"        the parts of `make test` to run (all without it): rust server java spark-3.5 spark-4 http-3.5 http-4 milvus-3.5 milvus-4
#                               cluster-3.5 cluster-4
#   STORE=milvus                the store of `make demo`: qdrant without it
#   PYTEST_ARGS="-k splits"     goes to every Python suite
#   BENCH_ROWS BENCH_ROUNDS BENCH_CASES="qdrant-grpc-*,growth"   how much `make bench` measures (1000000 rows of 384 floats, 3 rounds, the usual cases without them; `*` is all)
#   VECTORFUSE_CACHE            where environments and builds are kept (default: $XDG_CACHE_HOME/vectorfuse, ~/.cache/vectorfuse)
#   VECTORFUSE_QDRANT_URL       a Qdrant of your own, gRPC, to use instead of the test server (VECTORFUSE_QDRANT_REST_URL: its REST API, VECTORFUSE_QDRANT_API_KEY: its key)
#   VECTORFUSE_MILVUS_URL       a Milvus of your own to use instead of Milvus 2.3.5, which the tests else start (VECTORFUSE_MILVUS_TOKEN: its user:password)

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo check test jar bench docs format clean

RUN := cd integration-tests && PYTHONDONTWRITEBYTECODE=1 python3 -m setup

help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: install ## builds everything and shows a Spark job that writes to Qdrant (STORE=milvus: Milvus) and reads back
	@$(RUN).demo $(STORE)

check: install ## formatters, linters and compilers, with every warning an error
	@$(RUN).check

test: install ## every test: Rust, Java, Python; both Sparks; local and on a cluster
	@$(RUN).test $(PARTS)

jar: install ## the jar for production use: release build of the native library
	@$(RUN).jar

bench: install ## measures speed, CPU and memory beside the peers and the floor; writes docs/benchmarks/ and ends with the goals
	@PYTHONPATH=.:integration-tests PYTHONDONTWRITEBYTECODE=1 python3 -m bench

docs: install ## writes the pages that are made from the code anew: docs/options.md, docs/types.md
	@$(RUN).docs

format: install ## lets the formatters rewrite what `make check` would refuse
	@$(RUN).check --format

clean: ## removes what was built in this folder (the caches stay)
	@rm -rf build jvm/build integration-tests/build .gradle

.PHONY: install
install:
	@bash integration-tests/setup/install.sh
