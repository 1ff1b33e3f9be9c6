# demo  sets up and runs the main job        test  passes every test
# check lint, types, floors, unit tests      sandbox  serves both twins
# bench measures what the figures in docs/explanation/benchmarks.md are; ARGS=--quick for a look
.PHONY: bench demo test test-kills test-switches test-histories test-planted test-dirt test-long check sandbox judges clean
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

demo: .venv/installed
	@$(BIN)/dynamics-xero demo

test: check judges
	$(BIN)/python -m pytest tests/contract tests/trips tests/worker tests/docs tests/servers tests/kills \
	  tests/simulation tests/edges tests/planted -n 2 --no-loadscope-reorder

# The worker is killed twenty times on each combination of broker and database.
test-kills: .venv/installed
	KILLS=20 $(BIN)/python -m pytest tests/kills

# Every trip under every position of the switches that must not matter: an hour. Those that flip
# switches themselves would only do so again; dirt has seeds of its own.
test-switches: .venv/installed
	@set -e; for flipped in $$($(BIN)/python -m tests.trips.switched); do \
	  echo "== $$flipped"; \
	  DYNAMICS_XERO_SWITCH="$$flipped" $(BIN)/python -m pytest tests/trips -q -n 2 -k "not dirt" \
	    --ignore-glob='*switches.py'; \
	done

# Five thousand random histories of both sides: `--seeds N --lines` tells one of them again.
test-histories: .venv/installed
	$(BIN)/python -m tests.simulation --seeds 0-4999 --processes 2

# Every planted bug, each in a copy of the tree, with 200 histories at most.
test-planted: .venv/installed
	$(BIN)/python -m tests.planted --histories 200

# Twenty first loads over dirty books that nobody looked at while matching was built.
test-dirt: .venv/installed
	DYNAMICS_XERO_LONG=1 $(BIN)/python -m pytest tests/trips/test_first_load.py -k dirt -n 2

test-long: test-histories test-kills test-dirt test-planted test-switches

check: .venv/installed
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python tests/file_sizes.py
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >.lint-imports.txt || { cat .lint-imports.txt; exit 1; }
	@$(BIN)/python -m pytest tests/unit -q -n 2

bench: .venv/installed
	@$(BIN)/python -m tests.bench $(ARGS)

sandbox: .venv/installed
	@$(BIN)/dynamics-xero sandbox serve

# The official judges: Prism with Xero's own OpenAPI file. Node comes from PATH, else from a wheel.
judges: .tools/installed

.tools/installed: $(addprefix tests/judges/,package.json package-lock.json install.py) .venv/installed
	@$(BIN)/python tests/judges/install.py .tools
	@touch $@

.venv/installed: setup.cfg constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version)."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || { \
	  rm -rf .venv; echo "python3 -m venv does not work here: on Debian, run: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache build *.egg-info
