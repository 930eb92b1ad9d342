# Each command makes its own environment in .venv first. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
PAGE := _build/html/index.html
# What the book is made of, files and settings; it is built anew when one of them is newer.
BOOK := _config.yml _toc.yml index.md references.bib pyproject.toml \
  $(shell find chapters code results _static -type f -not -name "*.pyc" -not -path "*.egg-info/*")
SETTINGS := $(DROPNORM_REPOSITORY) $(DROPNORM_BRANCH) $(DROPNORM_SITE)
PORT ?= 8000
NODE := tests/book/node
SCRIPTS := "code/*/static/*.js" "chapters/*/*.js"

# one thread a process: on two cores NumPy is slower with two
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help book pdf zip serve lab test lint portable browser bench runtimes studies notebooks format clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 18

book: _build/html/.built  ## build the site (no torch needed) and say where it is
	@test -s $(PAGE) && echo "The book is at file://$(CURDIR)/$(PAGE)"

_build/html/.built: .venv/book $(BOOK) _build/settings
	$(BIN)/jupyter-book build . -W -n --keep-going --quiet
	@touch $@

_build/settings:
	@mkdir -p _build
	@echo $(SETTINGS) > $@
ifneq ($(strip $(SETTINGS)),$(strip $(shell cat _build/settings 2>/dev/null)))
.PHONY: _build/settings
endif

pdf: .venv/all  ## after `make book`: the whole book as a PDF, into the site's folder (needs Chromium)
	$(BIN)/python -m sealedbook.pdf _build/html _toc.yml

zip: .venv/book  ## after `make book`: the site as a zip that opens without a server, into the site's folder
	$(BIN)/python -m sealedbook.downloads _build/html

serve: .venv/book  ## build the site and open it: make serve [PORT=8000]
	@$(BIN)/python -m sealedbook.server _build/html $(PORT) $(MAKE) --no-print-directory book

lab: .venv/lab  ## copy the notebooks to my-course/ and open JupyterLab where you left off
	$(BIN)/python -m dropnorm lab

test: lint  ## form, types, tests, and every notebook against its stored output: make test [PATHS=tests/scratch]
	$(BIN)/python -m pytest $(PATHS)

lint: .venv/all  ## form, spelling, types, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxfmt --check $(SCRIPTS)
	$(BIN)/oxlint code chapters
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

portable: .venv/all  ## do outputs and tests hold on other processors? make portable [VARIANTS="sse disturbed-1"] [PATHS=chapters]
	$(BIN)/python -m tools.portable $(VARIANTS) $(if $(PATHS),--paths $(PATHS))

browser: .venv/all $(NODE)/node_modules/.package-lock.json  ## after `make book`: look at its pages in Chromium, Firefox and WebKit
	DROPNORM_BROWSER=required $(BIN)/python -m pytest tests/book -m book -n 4 --dist worksteal $(ENGINES:%=--ignore=%)
	$(BIN)/python -m pytest $(ENGINES) -m book -n 2

# three engines at once, so fewer at a time
ENGINES = $(addprefix tests/book/test_,engines.py places.py in_firefox.py)

bench: .venv/all  ## time our layers against PyTorch's, side by side
	$(BIN)/python -m bench

runtimes: .venv/all  ## time every notebook, for the table in "How this book is tested"
	$(BIN)/python -m tools.runtimes

studies: .venv/all  ## run what is missing of all stored studies (hours)
	$(BIN)/python -m dropnorm study run all

notebooks: .venv/all  ## run the notebooks anew, in place: make notebooks [CHAPTERS=chapters/scratch/05-*.ipynb]
	$(BIN)/ruff format chapters
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --NotebookClient.record_timing=False --coalesce-streams \
	  $(or $(CHAPTERS),$(wildcard chapters/*/*.ipynb))

format: .venv/all  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/oxfmt $(SCRIPTS)

clean:  ## remove the environment and everything built
	rm -rf .venv _build .pytest_cache .ruff_cache .hypothesis

.venv/book: requirements-book.txt constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements-book.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# what a reader needs: no PyTorch, no Sphinx, no checks
.venv/lab: requirements-lab.txt constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements-lab.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# what checks the pages: axe-core, Lighthouse, html-validate
$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json
	cd $(NODE) && npm ci --silent
	touch $@

.venv/all: requirements.txt requirements-lab.txt .venv/book
	$(PIP) -r requirements.txt
	touch $@
