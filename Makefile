# Everything a newcomer needs: `make help`.
# Stamp files in .venv remember what is installed, so that a second run does nothing and takes no time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
SAY := @printf 'argosy: %s\n'

# The folder of databases and indexes.
export ARGOSY_VAR ?= var
# pip run as root in an environment of its own has nothing to warn about.
export PIP_ROOT_USER_ACTION := ignore

# A file's tests stay together, in order, in one process with databases of its own.
ON_ALL_CORES := --numprocesses auto --maxprocesses 4 --dist loadfile

.DELETE_ON_ERROR:
.PHONY: help install install-dev up test chaos chaos-broken bench lint contracts lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Build the environment in .venv, with .venv/bin/argosy
	@:

install-dev: $(VENV)/.installed-dev ## The same with what tests and linters need
	@:

up: install ## Start the marketplace: migrate, make demo data, serve, work off messages
	@exec $(BIN)/argosy up

test: install-dev ## Run all tests that need no service
	@$(BIN)/python -m pytest $(ON_ALL_CORES) -m "not postgres and not redis and not kafka and not browser and not mutants and not chaos"

chaos: install ## Break a marketplace on purpose, in every way (the aim is 15 minutes)
	@$(BIN)/argosy chaos all

chaos-broken: install-dev ## See experiments fail, each with its protection switched off
	@$(BIN)/python -m pytest -m chaos tests/chaos

bench: install ## Measure the figures of docs/performance.md on this machine
	@$(BIN)/argosy bench

lint: install-dev ## Check style, types and the import rules
	@failed=0; \
	for check in 'ruff check .' 'ruff format --check .' mypy lint-imports; do \
	    echo "argosy: $$check ..."; \
	    $(BIN)/$$check || failed=1; \
	done; \
	exit $$failed

contracts: install-dev ## Write down new messages and API operations, and the pages made from the code
	@$(BIN)/argosy contracts
	@$(BIN)/python -m argosy.apps.api.contracts

lock: ## Write the lock files anew from pyproject.toml (needs uv); never by hand
	uv lock
	uv export -q --frozen --no-emit-project --no-header --no-dev --group build -o requirements.lock
	uv export -q --frozen --no-emit-project --no-header --all-groups -o requirements-dev.lock

clean: ## Remove the environment and all caches; databases stay
	@rm -rf $(VENV) .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created: deploy/create-venv
	$(SAY) 'creating $(VENV) ...'
	@deploy/create-venv $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.installed: $(VENV)/.created requirements.lock pyproject.toml
	$(SAY) 'installing the locked dependencies (a minute at most) ...'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --no-index --editable .
	$(SAY) 'installed: $(BIN)/argosy'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(SAY) 'installing what tests and linters need (a minute at most) ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
