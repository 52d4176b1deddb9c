# Intertie. `make` alone lists the verbs; the same verbs run in CI.
PYTHON ?= python3
SPEC   ?=
SAMPLE := aws-use1 azure-swc gcp-euw4
BIN    := .venv/bin
TESTS  := $(BIN)/python -m pytest -n 2
# The lab's tests need programs that take minutes to build, and take minutes themselves: `make unit` leaves them out.
LAB    := tests/lab tests/engine tests/policies/test_policies_engine.py tests/docs/test_lab_page.py $(wildcard tests/drills)
PLAIN  := $(LAB:%=--ignore=%) -m "not engine and not kubernetes and not soak"

.DEFAULT_GOAL := help
.PHONY: help setup demo check lint types unit tools test lab soak drill bench schema docs lock clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## make .venv ready (the other verbs do it by themselves)
	@command -v $(PYTHON) >/dev/null || { echo "setup: missing: $(PYTHON). Install Python 3.11 to 3.13, or name it: make PYTHON=python3.12" >&2; exit 3; }
	@$(PYTHON) tools/setup.py

demo: setup ## preview the sample on three clouds, or your own: make demo SPEC=mine.yaml
	@$(BIN)/intertie preview $(if $(SPEC),--spec "$(SPEC)",$(SAMPLE:%=--stack %)) --guide

check: lint types unit ## lint, types and fast tests

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/pyright

unit: setup
	@$(BIN)/python -m pytest -q -n 2 $(PLAIN)

tools: setup ## build the lab's programs from Go modules, once (about 12 minutes)
	@$(BIN)/python -m intertie.lab.programs || { [ -z "$$CI" ] && echo "tools: the tiers that need them will be skipped" >&2; }
	@$(BIN)/python tools/prometheus.py >/dev/null || { [ -z "$$CI" ] && echo "tools: the tests that need them will be skipped" >&2; }

test: setup tools ## all tests but the long runs; says which tiers run, which cannot and why, and how long it takes
	@$(TESTS) -m "not soak"

lab: setup tools ## of these the lab's alone: the real Pulumi engine and real Kubernetes, a sample per cloud
	@$(TESTS) -m "not soak" $(LAB)

soak: setup tools ## the long runs: everything in test, more often and over every sample
	@INTERTIE_SOAK=1 $(TESTS)

drill: setup tools ## a failover drill in the lab: one cloud stops, another takes over; each phase on its clock
	@$(BIN)/python tools/drill.py

bench: setup tools ## figures, measured side by side in one run; fails where one exceeds what it is held to
	@$(BIN)/python tests/bench/run.py

schema: setup ## write the schemas that editors and Pulumi read
	@$(BIN)/python -m intertie.spec.schema > stacks/specs/schema.json.new && mv stacks/specs/schema.json.new stacks/specs/schema.json
	@cd components && ../$(BIN)/python ../tools/package_schema.py > schema.json.new && mv schema.json.new schema.json

docs: setup ## write the generated tables
	@$(BIN)/python tools/write_docs.py
	@$(BIN)/python tools/tier_table.py
	@$(BIN)/python tools/compare_catalog.py
	@$(BIN)/python -m intertie.lab.oracles.gaps

lock: setup ## write requirements.lock anew (needs uv on PATH)
	@command -v uv >/dev/null || { echo "lock: missing: uv. pip install uv" >&2; exit 3; }
	@uv pip compile --universal --strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --all-extras --group dev --quiet pyproject.toml -o requirements.lock

clean: ## remove everything that the other verbs made
	@rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis out dist build
