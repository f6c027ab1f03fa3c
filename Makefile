# The front door. `make` alone lists what there is; everything sets itself up on first use.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SETUP := .venv/.set-up

# As in production, at addresses where nothing answers: these checks need settings, not a server.
PRODUCTION := SECRET_KEY=only-for-checks-that-need-no-server-and-never-for-a-real-one-0123456789 \
	DATABASE_URL=postgres://app@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	PUBLIC_URL=https://billing.example.com DEBUG=off

.DEFAULT_GOAL := help
.PHONY: help setup run demo bench test check planted lint types audit lock

help: ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(SETUP) ## build .venv from the pinned requirements

$(SETUP): requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

run: $(SETUP) ## start the whole service: engines, web, worker, beat, key-events; Ctrl-C stops it
	@$(BIN)/python -m config.stack run

demo: $(SETUP) ## a customer runs out of credit, is cut off, gets credit and works again
	@$(BIN)/python manage.py demo

audit: $(SETUP) ## prove the books: every invariant with its number of violations
	@$(BIN)/python -m config.stack exec -- $(BIN)/python manage.py audit

test: $(SETUP) ## run the tests on throw-away engines
	$(BIN)/python -m pytest -n 2

bench: $(SETUP) ## measure every ratio of docs/performance.md on engines of its own; ARGS=--json
	@$(BIN)/python -m bench $(ARGS)

planted: $(SETUP) ## plant bugs into a copy of the code and see which test notices each; a quarter of an hour
	@$(BIN)/python -m tests.drills.planted $(ARGS)

lint: $(SETUP) ## format, style, import rules, migrations, deployment settings, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(PRODUCTION) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@if git ls-files '*.html' | grep -q .; then $(BIN)/djlint --check --lint $$(git ls-files '*.html'); fi

types: $(SETUP) ## check types with mypy
	$(BIN)/mypy .

check: lint types test ## everything that CI runs

lock: $(SETUP) ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
		pyproject.toml -o requirements/app.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
		--extra dev -c requirements/app.txt pyproject.toml -o requirements/dev.txt
