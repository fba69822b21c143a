# Needed: make, and Python 3.11 or later with pip. To choose the Python: make test PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

CODE := $(CURDIR)/build/code

.PHONY: help demo test test-long lint format docs bench wheel studio studio-check studio-pictures clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     train a network on handwritten digits, in this terminal"
	@echo "make test     run all tests             (make test ARGS='tests/layers -x' for some)"
	@echo "make test-long  run those that take long, or need a browser, a cluster or MPI"
	@echo "make lint     check style and types"
	@echo "make format   put the source into the house style"
	@echo "make docs     build the documentation into site/"
	@echo "make bench    measure beside other libraries     (make bench ARGS=--quick for a little)"
	@echo "make wheel    build dist/*.whl, with the engine compiled for x86-64 with AVX2 and with AVX-512"
	@echo "make studio   build the studio's page anew, which needs node      (make studio-pictures: its pictures)"
	@echo "make studio-check  see whether the page that is committed is what its source makes; skipped where there is no node"
	@echo "make clean    remove everything that make has made"

demo: $(VENV)/.core
	$(BIN)/pellucid train digits

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --durations 25 -m "not long" $(ARGS)

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m long $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site

# Some minutes: every kernel is compiled for each family of processors.
wheel: $(VENV)/.core
	$(BIN)/python -m pellucid.machine.shipping $(CODE)
	PELLUCID_CODE=$(CODE) $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

# What comes out is committed, so that nobody else needs node.
studio:
	cd studio-web && npm ci --silent && npm run --silent check && npm run --silent build

# The same source makes the same bytes. Without node, or where its packages cannot be had, there is nothing to compare.
studio-check:
	@cd studio-web; \
	if ! command -v npm >/dev/null; then echo "studio-check: skipped, node is not installed"; \
	elif ! { [ -d node_modules ] || npm ci --silent --fetch-retries 0; }; then \
	  rm -rf node_modules; echo "studio-check: skipped, the page's packages cannot be had"; \
	else \
	  npm run --silent check && npm run --silent build -- --logLevel error --outDir ../build/studio && \
	  { diff -r ../build/studio ../src/pellucid/studio/static >/dev/null || \
	    { echo "studio-check: the page that is committed is not what its source makes; run: make studio"; exit 1; }; } && \
	  echo "studio-check: the page that is committed is what its source makes"; \
	fi

studio-pictures: $(VENV)/.dev
	$(BIN)/python docs/tools/studio_pictures.py
	$(BIN)/python docs/tools/studio_film.py

# The libraries compared with have an environment of their own.
bench: $(VENV)-bench/.made
	$(VENV)-bench/bin/python -m benchmarks.run $(ARGS)

$(VENV)-bench/.made: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check \
	  --requirement benchmarks/requirements.txt --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-bench site build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that its packages are installed; it is made again when what it depends on changes.
DEPENDS := $(VENV)/.made pyproject.toml src/pellucid/__about__.py

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Pellucid needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.core: $(DEPENDS)
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(DEPENDS) constraints.txt
	$(PIP) --constraint constraints.txt --editable '.[test,lint]'
	@touch $(VENV)/.core $@

$(VENV)/.docs: $(DEPENDS) constraints.txt
	$(PIP) --constraint constraints.txt --editable '.[docs]'
	@touch $(VENV)/.core $@
