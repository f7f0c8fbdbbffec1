# What people do here. `make help` lists it.
SHELL := /bin/bash
LINE111 := .venv/bin/line111
PYTEST := .venv/bin/python -m pytest
UV := .venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make lock"

help: ## list what people do here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## make this machine ready to run the line (as root; again costs seconds)
	@deploy/setup.sh product

demo: ## set up, start everything, and let two scripted citizens phone 111 (ONCE=1: end after the calls)
	@deploy/setup.sh demo
	@exec $(LINE111) demo $(if $(ONCE),--once)

test: setup-tests ## all tests: four at a time, since calls mostly wait, the long ones first; then fifty calls, alone
	$(PYTEST) -n 4 --dist loadfile --no-loadscope-reorder tests/pbx tests/chaos tests/browser tests/integration tests/unit
	$(PYTEST) tests/load

test-unit: setup-tests ## rules and parts, seconds
	$(PYTEST) -n 2 tests/unit

test-integration: setup-tests ## parts together: real Redis, PostgreSQL, processes
	$(PYTEST) -n 2 tests/integration

test-pbx: setup-tests ## calls through a real Asterisk
	$(PYTEST) tests/pbx

test-browser: setup-tests ## the screens in a real Chromium
	$(PYTEST) tests/browser

setup-tests:
	@deploy/setup.sh tests

check: ## what CI runs before the tests: ruff, mypy --strict, import-linter
	@[ -x .venv/bin/ruff ] || deploy/setup.sh tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup-tests ## measure, and write docs/benchmarks.md
	.venv/bin/python -m benchmarks

pictures: ## draw the default menu and the life of a case anew (needs graphviz)
	$(LINE111) menu draw ivr/menus/default.toml -o docs/pictures/menu.svg
	.venv/bin/python -m casebridge draw-life | dot -Tsvg -o docs/pictures/case_life.svg

lock: ## pin every dependency with hashes, from pyproject.toml
	$(UV) pyproject.toml --extra dev --extra build -o requirements/dev.lock
	$(UV) pyproject.toml --extra build -c requirements/dev.lock -o requirements/runtime.lock
	$(UV) --no-deps requirements/data.in -o requirements/data.lock

clean: ## remove what was built here (not var/, which holds the node's data)
	rm -rf .venv node_modules console/static/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

.PHONY: help setup setup-tests demo test test-unit test-integration test-pbx test-browser check bench pictures lock clean
