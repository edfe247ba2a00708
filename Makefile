# Two commands: `make run` shows the whole job, `make test` proves it. Each sets up .venv first.

PYTHON ?= python3
BIN := .venv/bin
RUN := runs/default
EXTRACTED := out/articles.jsonl
SCORES := out/evaluation.html

.DELETE_ON_ERROR:
.PHONY: help run test lint constraints

help:
	@echo "make run          train configs/default.yaml, evaluate it, extract the sample articles"
	@echo "make test         run the tests"
	@echo "make lint         ruff and mypy"
	@echo "make constraints  pin again what pyproject.toml asks for, newest versions first"

run: .venv/user.stamp $(RUN)/hasila.json
	$(BIN)/hasila evaluate $(RUN) --reports data/reports/test.jsonl --html $(SCORES)
	$(BIN)/hasila predict $(RUN) data/articles --output $(EXTRACTED)
	$(BIN)/hasila show $(EXTRACTED)
	@echo
	@echo "The sample articles      data/articles/"
	@echo "What was found in them   $(EXTRACTED)"
	@echo "The scores and errors    $(SCORES) (open it in a browser)"
	@echo "The trained model        $(RUN)/ (learning_curve.png shows how it learned)"
	@echo "Next: .venv/bin/hasila --help, and README.md"

# hasila.json is written last, so it marks a complete run. Remove the folder to train anew.
$(RUN)/hasila.json: | .venv/user.stamp
	$(BIN)/hasila train --config configs/default.yaml --resume

test: .venv/dev.stamp
	$(BIN)/pytest -n auto --dist loadfile

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A stamp is as old as the last complete set-up: it is made again when what is asked for changes.
.venv/user.stamp: pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch .venv/user.stamp $@

# The constraints pin torch too: left free, pip takes the newest build and gigabytes of CUDA with it.
# Not compiling what is installed halves the work: Python compiles the few modules it imports.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hasila needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "Setting up .venv: a few minutes the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '$(1)'
endef

# From nothing, in a venv of its own, so that only what pyproject.toml asks for is pinned.
PINS := build/constraints
constraints:
	rm -rf $(PINS)
	$(PYTHON) -m venv $(PINS)
	$(PINS)/bin/python -m pip install --quiet --no-compile "$$(grep '^torch==' constraints.txt)" --editable '.[dev]'
	$(PINS)/bin/python -m pip freeze --all --exclude-editable | sed '/^pip==/d; s/+cpu$$//' > $(PINS).txt
	mv $(PINS).txt constraints.txt
