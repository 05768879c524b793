# make run    set up, index the shipped articles, answer one question, open the page
# make test   set up, run all tests
# make check  what CI runs: lint, types, all tests

PYTHON ?= python3
VENV ?= .venv
PORT ?= 7860
BIN := $(VENV)/bin
QUESTION ?= what did Iran say about Assad's elections
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run test check lint format screenshots clean

help:
	@sed -n 's/^# //p' $(firstword $(MAKEFILE_LIST))

setup: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(0 if (3, 10) <= v < (3, 14) else f"found Python {v[0]}.{v[1]}, qa wants \
	3.10 to 3.13: run make PYTHON=python3.12, say")'
	@echo "== Environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== Installing qa and what it needs (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@

run: $(READY)
	@echo "== Indexing seeds/"
	@$(BIN)/qa index seeds
	@echo
	@echo "== Asking: $(QUESTION)"
	@$(BIN)/qa ask "$(QUESTION)" --articles seeds || test $$? -eq 3
	@echo
	@echo "== Serving the page; Ctrl-C ends it"
	@$(BIN)/qa serve --articles seeds --port $(PORT)

test: $(READY)
	@echo "== All tests"
	@$(BIN)/python -m pytest

lint: $(READY)
	@echo "== Lint and format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== Types"
	@$(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

check: lint test

screenshots: $(READY)
	@$(BIN)/python -m tests.screenshots

clean:
	rm -rf $(VENV) build dist
