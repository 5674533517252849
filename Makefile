# The one door to the workshop: `make help` lists what it opens.
PYTHON ?= python3
PORT ?= 8000
SIZE ?= city
PY := .venv/bin/python
BOOT := $(PYTHON) scripts/bootstrap.py
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run seed test test-slow test-sqlite test-postgres test-journeys check fix bench messages where requirements access data shots lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

run: ## make the environment, the database and the demo on first start, and serve (PORT=8000)
	@$(BOOT) core
	@./quantriet serve --demo --port $(PORT)

seed: ## fill an empty database with a demo organisation (SIZE=commune|city|province)
	@$(BOOT) core
	@./quantriet migrate --verbosity 0
	@./quantriet seed --size $(SIZE)

test: ## everything but the slow: on SQLite, on PostgreSQL, then journeys in Chromium
	@$(BOOT) dev
	@$(PY) scripts/system.py
	@$(PY) scripts/suite.py sqlite postgres journeys

test-sqlite: ## the suite on SQLite alone
	@$(BOOT) dev
	@$(PY) scripts/suite.py sqlite

test-postgres: ## the suite on a PostgreSQL that this command starts and stops
	@$(BOOT) dev
	@$(PY) scripts/suite.py postgres

test-journeys: ## journeys in a real Chromium alone
	@$(BOOT) dev
	@$(PY) scripts/system.py
	@$(PY) scripts/suite.py journeys

test-slow: ## the tests that take minutes
	@$(BOOT) dev
	@$(PY) scripts/system.py
	@$(PY) scripts/suite.py slow

check: ## style, types, fences, catalogues, migrations, locks
	@$(BOOT) dev
	@$(PY) scripts/check.py

fix: ## let the tools mend what they can
	@$(BOOT) dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format --quiet .
	@git ls-files -co --exclude-standard -- '*.html' | xargs -r .venv/bin/djade --target-version 5.2 || true
	@$(PY) scripts/messages.py
	@$(PY) scripts/access_table.py
	@$(PY) scripts/data_table.py

bench: ## measure the promised figures (NAME=… for one; see docs/performance.md)
	@$(BOOT) dev
	@$(PY) -m bench $(NAME)

messages: ## bring the Vietnamese catalogues in step with the code and compile them (ROOM=… for one)
	@$(BOOT) dev
	@$(PY) scripts/messages.py $(ROOM)

where: ## find the room of a word: make where WORD="thu hoạch"
	@$(PYTHON) scripts/where.py "$(WORD)"

requirements: ## requirement ids and whether a test proves them (OF=R-001,R-002 for some)
	@$(PYTHON) scripts/requirements.py $(if $(OF),--of $(OF))

access: ## write docs/access.md and docs/access-matrix.md from the addresses
	@$(BOOT) dev
	@$(PY) scripts/access_table.py

data: ## write docs/data.md from the rooms' declarations of what they keep of people
	@$(BOOT) dev
	@$(PY) scripts/data_table.py

shots: ## pictures of the main pages at 390 and 1280 pixels into build/shots
	@$(BOOT) dev
	@$(PY) scripts/system.py
	@$(PY) scripts/suite.py shots

lock: ## write requirements/*.txt from requirements/*.in (maintainers; needs uv)
	@cd requirements && for level in core postgres dev; do \
	  uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	    --python-version 3.11 $$( [ $$level = core ] || echo "--constraint core.txt" ) $$level.in --output-file $$level.txt; \
	done

clean: ## remove the environment and caches; the data in var/ stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
