# The commands of this repository. `make demo` and `make test` set up all they need.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.version_info >= (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
export PYTHONWARNDEFAULTENCODING ?=

.PHONY: setup setup-dev demo test lint format bench messages sbom screenshots clean help

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Stadtkern needs Python 3.11, 3.12 or 3.13; none was found on this machine."; exit 1; }
	@bash deploy/python-venv.sh $(PYTHON) .venv

.venv/.run: requirements/run.txt pyproject.toml | .venv/bin/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.messages: $(wildcard stadtkern/locale/*/LC_MESSAGES/*.po) .venv/.run
	@$(BIN)/python -m stadtkern.config.messages
	@touch $@

setup: .venv/.run .venv/.messages  ## Prepare .venv; after it .venv/bin/stadtkern is the command line

setup-dev: setup .venv/.dev

demo: setup  ## Start the demo town; prints the address and the logins
	@$(BIN)/stadtkern demo $(ARGS)

test: setup-dev  ## Run all tests (installs Chromium, PostgreSQL and Mosquitto where it may)
	@bash deploy/test-services.sh $(BIN)/python

lint: setup-dev  ## Check style, types, layers, templates, migrations, translations
	@bash deploy/lint.sh

format: setup-dev  ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only --quiet .

bench: setup  ## Print the figures of bench/, one JSON line each
	@for file in bench/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

messages: setup-dev  ## Collect the texts for translation
	@cd stadtkern && ../$(BIN)/python -m django makemessages -l de -l pl -l dsb --no-wrap --no-location --settings stadtkern.config.settings
	@$(BIN)/python -m stadtkern.config.messages

sbom: setup-dev  ## Write the bill of materials (CycloneDX) to build/stadtkern.cdx.json
	@mkdir -p build && $(BIN)/python deploy/sbom.py -o build/stadtkern.cdx.json && echo "build/stadtkern.cdx.json"

screenshots: setup-dev  ## Make the pictures in docs/
	@$(BIN)/python docs/screenshots.py

clean:  ## Remove what can be made again
	rm -rf .venv build .*_cache
