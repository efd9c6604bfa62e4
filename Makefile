# Every command first sets up in .venv what it needs; that takes minutes once and nothing afterwards.
PYTHON ?= python3
ARGS ?=

# what checks and formats JavaScript
BIOME_HOME = tests/support/javascript
BIOME_INSTALLED = $(BIOME_HOME)/node_modules/.package-lock.json
BIOME = $(BIOME_HOME)/node_modules/.bin/biome check --config-path=$(BIOME_HOME) --error-on-warnings

.PHONY: help setup setup-lab setup-site setup-dev lab test site bench floors lint javascript

help:
	@echo "make lab      open the course in JupyterLab"
	@echo "make test     run the tests                        make test ARGS=tests/tools/test_check.py"
	@echo "make site     build the rendered chapters          make site ARGS=--serve"
	@echo "make bench    measure speed and sizes"
	@echo "make floors   run the chapters with five seeds     make floors ARGS=03_backpropagation"
	@echo "make lint     check style, types and dependencies  make javascript formats JavaScript"
	@echo 'ARGS="..." is passed on; PYTHON=python3.12 chooses the Python that .venv is made with.'

setup: setup-dev

setup-lab setup-site setup-dev: setup-%:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer from python.org, or name one: make lab PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" course_tools/bootstrap.py $*

lab: setup-lab
	@.venv/bin/course lab $(ARGS)

test: setup-dev
	@.venv/bin/python -m pytest $(ARGS)

site: setup-site
	@.venv/bin/course site $(ARGS)

bench: setup-dev
	@.venv/bin/python -m bench $(ARGS)

floors: setup-lab
	@.venv/bin/course floors $(ARGS)

# deptry asks twice: is all declared that is imported, and the other way round; and needs the course no extra?
lint: setup-dev $(BIOME_INSTALLED)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/deptry .
	@.venv/bin/deptry course_utils course_tools chapters solutions --extend-exclude course_tools/website \
		--optional-dependencies-dev-groups site,dask,hub,dev --ignore DEP002
	@$(BIOME) course_utils course_tools site/static tests/support/parts

# what the hook of pre-commit runs: format, mend what can be mended, say what cannot
javascript: $(BIOME_INSTALLED)
	@$(BIOME) --write course_utils course_tools site/static tests/support/parts

$(BIOME_INSTALLED): $(BIOME_HOME)/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "There is no npm here. Install Node.js from nodejs.org"; exit 1; }
	@npm ci --silent --ignore-scripts --prefix $(BIOME_HOME)
