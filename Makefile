# Two commands, and all the set-up there is:
#
#     make run     collect, publish and serve until Ctrl-C
#     make test    run the tests
#
# Both need nothing but python3 (3.11 or newer) with pip. The first time they fetch what requirements*.txt pin.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint requirements clean

run: .venv/ready
	@$(BIN)/aggregator run

test: .venv/ready-for-tests
	@$(BIN)/pytest

lint: .venv/ready-for-tests
	$(BIN)/ruff check .
	$(BIN)/mypy

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q aggregator
	@touch $@

.venv/ready-for-tests: requirements-test.txt .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

# After a change of the ranges in pyproject.toml: pin anew.
requirements: | .venv/bin/python
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --generate-hashes --build-deps-for editable --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --generate-hashes --extra test --constraint requirements.txt --output-file requirements-test.txt pyproject.toml

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
