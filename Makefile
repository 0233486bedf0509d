# Needs nothing but Python 3.11, 3.12 or 3.13. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup book html test regression bench clean
.SILENT:

PROFILE ?= laptop

help: ## Show this list
	awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Create .venv and install requirements.lock; does nothing where that is done
	for python in $(PYTHON) python3 python3.12 python3.11 python3.13 python; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	        exec $$python bootstrap.py; \
	    fi; \
	done; \
	echo 'Python 3.11, 3.12 or 3.13 is needed; if you have one, name it: make book PYTHON=/path/to/python3' >&2; \
	exit 1

book: setup ## Show the book, run every notebook that changed, build it again; PROFILE=quick for a first look, gpu for the large run; JOBS=n at once
	.venv/bin/absorption book --profile $(PROFILE) $(if $(JOBS),--jobs $(JOBS))

html: setup ## Build the pages from the committed notebooks, which takes seconds
	.venv/bin/absorption html --profile $(PROFILE)

test: setup ## Run every test; the notebooks are repeated in small
	.venv/bin/python -m pytest -n 2 --no-loadscope-reorder

regression: setup ## Repeat the published notebooks and compare their records, for as long as that takes
	.venv/bin/python -m pytest -m published tests/regression

bench: setup ## Measure the speed beside other libraries; the rows also go to _build/bench.json
	mkdir -p _build
	.venv/bin/absorption bench --json _build/bench.json

clean: ## Remove what can be made again, except .venv
	rm -rf _build .cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
