# What people do here. `make help` lists it.
UV := .venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make lock"

help: ## list what people do here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

check: ## what CI runs before the tests: ruff, mypy --strict, import-linter
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

lock: ## pin every dependency with hashes, from pyproject.toml
	$(UV) pyproject.toml --extra dev --extra build -o requirements/dev.lock
	$(UV) pyproject.toml --extra build -c requirements/dev.lock -o requirements/runtime.lock
	$(UV) --no-deps requirements/data.in -o requirements/data.lock

.PHONY: help check lock
