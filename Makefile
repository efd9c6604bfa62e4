# Every command sets up .venv first; that takes two minutes once and nothing afterwards.
PYTHON ?= python3
ARGS ?=

# what checks and formats JavaScript
BIOME_HOME = tests/support/javascript
BIOME_INSTALLED = $(BIOME_HOME)/node_modules/.package-lock.json
BIOME = $(BIOME_HOME)/node_modules/.bin/biome check --config-path=$(BIOME_HOME) --error-on-warnings

.PHONY: help setup lab test site bench floors lint javascript

help:
	@echo "make lab      open the course in JupyterLab"
	@echo "make test     run the tests                        make test ARGS=tests/tools/test_check.py"
	@echo "make site     build the rendered chapters          make site ARGS=--serve"
	@echo "make bench    measure speed and sizes"
	@echo "make floors   run the chapters with five seeds     make floors ARGS=03_backpropagation"
	@echo "make lint     check style and types                make javascript formats JavaScript"
	@echo 'ARGS="..." is passed on; PYTHON=python3.12 chooses the Python that .venv is made with.'

setup:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer from python.org, or name one: make lab PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" course_tools/bootstrap.py

lab: setup
	@.venv/bin/course lab $(ARGS)

test: setup
	@.venv/bin/python -m pytest $(ARGS)

site: setup
	@.venv/bin/course site $(ARGS)

bench: setup
	@.venv/bin/python -m bench $(ARGS)

floors: setup
	@.venv/bin/course floors $(ARGS)

lint: setup $(BIOME_INSTALLED)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(BIOME) course_utils site/static tests/support/parts

# what the hook of pre-commit runs: format, mend what can be mended, say what cannot
javascript: $(BIOME_INSTALLED)
	@$(BIOME) --write course_utils site/static tests/support/parts

$(BIOME_INSTALLED): $(BIOME_HOME)/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "There is no npm here. Install Node.js from nodejs.org"; exit 1; }
	@npm ci --silent --ignore-scripts --prefix $(BIOME_HOME)
