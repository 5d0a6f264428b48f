# SPDX-License-Identifier: MIT
# The daily commands. `make demo` and `make test` set everything up by themselves on Debian 12 and 13; what is done once is
# remembered in build/stamps, so that the second run only does what a change asks for.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
JOBS ?= $(shell nproc)
# Seconds for each fuzz target, and which of them.
FUZZ_SECONDS ?= 60
FUZZ ?= $(patsubst tests/fuzz/%_fuzz.cpp,%,$(wildcard tests/fuzz/*_fuzz.cpp))
# Share of the lines of cpp/ that the C++ tests must reach, in percent.
COVERAGE ?= 95
# Rows of the benchmark (all), or arguments for pytest.
ROWS ?=
ARGS ?=

PY := .venv/bin/python
STAMPS := build/stamps
CPP := $(shell find cpp CMakeLists.txt -name '*.?pp' -o -name '*.def' -o -name '*.cmake' -o -name CMakeLists.txt)
CPP_ALL = $(shell find $(wildcard cpp tests/cpp tests/fuzz tests/bench) -name "*.?pp" -not -path "*/target/*")
PIP := $(PY) -m pip --disable-pip-version-check --quiet

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 16

# ------------------------------------------------------------------------------------------------------------ for everybody
demo: $(STAMPS)/installed $(STAMPS)/lab-venv  ## attacks on a laboratory of domains, and a bundled archive of reports
	@tests/demo.sh

test: cpp-test python-test  ## all tests: C++, Python, README, notebooks

servers: $(STAMPS)/system-servers  ## the real servers that the integration tests talk to

# ------------------------------------------------------------------------------------------------------------------- set-up
# One stamp a step.
$(STAMPS)/system-%: .ci/debian.sh
	@mkdir -p $(@D) && PYTHON=$(PYTHON) .ci/debian.sh $* && touch $@

# pip knows dependency groups from 25.1 on; Debian 12 brings 23.0.
$(STAMPS)/venv: pyproject.toml $(STAMPS)/system-build
	@echo "setting up .venv"
	@[ -x $(PY) ] || $(PYTHON) -m venv .venv
	@$(PIP) install 'pip>=25.1' && $(PIP) install --group build && touch $@

$(STAMPS)/%-venv: $(STAMPS)/venv
	@echo "installing what $* uses into .venv"
	@$(PIP) install --group $* && touch $@

# Editable: a change in python/ needs no step at all, and a change in cpp/ this one.
$(STAMPS)/installed: $(CPP) $(STAMPS)/venv
	@echo "building mxseal"
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) $(PIP) install --no-build-isolation --editable . && touch $@

build: $(STAMPS)/installed  ## the extension module and the command, in .venv

# -------------------------------------------------------------------------------------------------------------------- tests
configure-%: $(STAMPS)/system-build $(STAMPS)/system-test
	@[ -f build/$*/build.ninja ] || cmake --preset $* >/dev/null

cpp-test: configure-dev  ## C++ tests, with assertions; the fuzz corpora are replayed
	@cmake --build --preset dev -j $(JOBS)
	@ctest --preset dev -j $(JOBS) --progress

python-test: $(STAMPS)/installed $(STAMPS)/test-venv  ## Python tests, README and notebooks (ARGS="-k mime")
	@$(PY) -m pytest $(ARGS)

notebooks: $(STAMPS)/installed $(STAMPS)/test-venv  ## run the notebooks alone, as the tests do
	@$(PY) -m pytest tests/python/test_notebooks.py $(ARGS)

requirements: $(STAMPS)/test-venv  ## which rule of the RFCs is proven by which test
	@$(PY) tests/requirements.py

asan: configure-asan  ## C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan -j $(JOBS) --progress

# setarch: ThreadSanitizer cannot start where the kernel spreads addresses wider than it expects.
tsan: configure-tsan  ## C++ tests under ThreadSanitizer
	@cmake --build --preset tsan -j $(JOBS)
	@setarch --addr-no-randomize ctest --preset tsan -j $(JOBS) --progress

# A line that no test can reach says so with one of four reasons: see CONTRIBUTING.md.
coverage: configure-coverage $(STAMPS)/coverage-venv  ## lines of cpp/ that no C++ test reaches
	@cmake --build --preset coverage -j $(JOBS)
	@find build/coverage -name '*.gcda' -delete
	@ctest --preset coverage -j $(JOBS) --progress
	@.venv/bin/gcovr --root . --filter cpp/ --object-directory build/coverage \
	  --exclude-lines-by-pattern '.*// untested: (memory|system|library|unreachable)$$' \
	  --exclude-throw-branches --fail-under-line $(COVERAGE)

fuzz: $(STAMPS)/system-build $(STAMPS)/system-fuzz $(STAMPS)/system-test  ## libFuzzer (FUZZ_SECONDS=600 FUZZ=report)
	@[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@for target in $(FUZZ); do tests/fuzz/fuzz.sh $$target $(FUZZ_SECONDS); done

# ------------------------------------------------------------------------------------------------------------------- checks
lint: python-lint cpp-lint tidy  ## ruff, clang-format, clang-tidy

python-lint: $(STAMPS)/lint-venv
	@$(PY) -m ruff check && $(PY) -m ruff format --check

cpp-lint: $(STAMPS)/lint-venv
	@.venv/bin/clang-format --dry-run -Werror $(CPP_ALL)

tidy: $(STAMPS)/venv $(STAMPS)/system-lint
	@[ -f build/tidy/build.ninja ] || cmake --preset tidy -DPython_EXECUTABLE=$(abspath $(PY)) \
	  -Dpybind11_DIR="$$($(PY) -m pybind11 --cmakedir)" >/dev/null
	@cmake --build --preset tidy -j $(JOBS) -- -k 0

types: $(STAMPS)/installed $(STAMPS)/test-venv $(STAMPS)/lint-venv  ## mypy --strict
	@$(PY) -m mypy

format: $(STAMPS)/lint-venv  ## rewrite the sources as the linters want them
	@$(PY) -m ruff check --fix-only && $(PY) -m ruff format
	@.venv/bin/clang-format -i $(CPP_ALL)

stubs: $(STAMPS)/installed $(STAMPS)/test-venv  ## python/mxseal/_core/*.pyi anew, from the compiled module
	@$(PY) tests/stubs.py

readme: $(STAMPS)/installed  ## outputs in README.md anew where they differ, to be read in the diff
	@$(PY) tests/readme.py

bench: $(STAMPS)/installed $(STAMPS)/test-venv  ## measure against the peers (ROWS="mbox zip")
	@$(PY) tests/bench/run.py $(ROWS)

clean:  ## forget everything that was built (.venv stays)
	@rm -rf build

.PHONY: help demo test servers build cpp-test python-test notebooks requirements asan tsan coverage fuzz lint python-lint cpp-lint \
  tidy types format stubs readme bench clean
.SECONDARY:
