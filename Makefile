# Two commands do all the set-up: `make run` and `make test`. On Windows: `py bootstrap.py run`, `py bootstrap.py test`.
PYTHON ?= python3

help:            ## what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

run:             ## install into .venv and start on the sample photograph
	@$(PYTHON) bootstrap.py run

test:            ## install into .venv, then lint, types, import contracts and tests
	@$(PYTHON) bootstrap.py test

test-machines:   ## the tests as other processors would run them: native, AVX2, SSE4.1, each with 1 and 2 threads (hours)
	@$(PYTHON) bootstrap.py test-machines

format:          ## put every file into the one format
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench:           ## measure stages, window and peers; writes out/benchmarks.json and a table
	@.venv/bin/python -m benchmarks

screenshots:     ## make the pictures of README and docs from the real program
	@.venv/bin/python -m benchmarks.screenshots

scenes:          ## fetch the sources and make the scenes to study with in out/scenes (docs/scenes.md); half an hour
	@.venv/bin/python -m research.scenes

photographs:     ## fetch real photographs with known classes into out/photographs (docs/scenes.md), to recognise them on
	@.venv/bin/python -m research.photographs

.PHONY: help run test test-machines format bench screenshots scenes photographs
