PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup demo test test-long lint bench lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## virtual environment from the lock file

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $(STAMP)

demo: setup ## a livestream evening, two weeks of virtual time, report.html
	$(BIN)/penstock demo

lint: setup ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## everything that fits into 8 minutes on 2 cores
	$(BIN)/pytest -m "not long" -n 2 --dist loadfile

test-long: setup ## the rest: long seeds, crash loops, and examples that nobody has seen
	$(BIN)/pytest -m long --timeout=3000
	$(BIN)/pytest -m "not long" -n 2 --dist loadfile --hypothesis-profile=explore

bench: setup ## every benchmark, one line of JSON each
	$(BIN)/python -m benchmarks

lock: ## a new requirements.lock from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --group dev pyproject.toml --output-file requirements.lock

clean: ## forget the environment and the demo's data; a database of yours stays
	rm -rf .venv .penstock/demo report.html
