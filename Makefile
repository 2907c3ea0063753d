# Needs Python 3.11 or later and make; everything else is installed into $(VENV) from requirements/.
# PYTHON=… chooses the interpreter, PYTEST_ARGS=… adds to the test run.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PY := $(VENV)/bin/python
BOOTSTRAP := VENV='$(VENV)' sh tools/bootstrap.sh
PYTEST_ARGS ?=
BENCH_ARGS ?=
PROOFS_ARGS ?=
PEERS_ARGS ?=
GROWTH_ARGS ?=
LOAD_ARGS ?=
SOAK_ARGS ?= --write
MUTATION_ARGS ?= --write

# Programs that write files of the project. Each takes --check, and then writes nothing and exits with 1 where the
# file in the tree differs from what it would write.
GENERATORS := tools/lock.py tools/gen_format.py tools/gen_vectors.py tools/threat_model.py

.PHONY: help venv demo proofs test check static format bench bench-growth bench-load bench-peers guard soak mutation lock clean distclean
.PHONY: check-format check-lint check-types check-layers check-tidy check-generated check-wheel

help:
	@echo 'make demo       a log with a story, in a new directory below build/'
	@echo 'make proofs     the proofs at work: liars convicted, Go, costs (PROOFS_ARGS=…)'
	@echo 'make test       the tests'
	@echo 'make check      everything that has to hold: style, types, layers, generated files, wheel, tests'
	@echo 'make format     lay out the code'
	@echo 'make bench      the benchmarks (BENCH_ARGS=…)'
	@echo 'make bench-growth what grows with the log, to ten million records, 1 to 2 hours; writes docs/growth.md (GROWTH_ARGS=--to 1000000)'
	@echo 'make bench-load many appending and reading at once, 3 minutes; writes docs/load.md (LOAD_ARGS=…)'
	@echo 'make bench-peers  the same events, kept by others; writes docs/peers.md (PEERS_ARGS=…)'
	@echo 'make guard      only the tests that costs have not risen; python -m tests.guard --write renews what is allowed'
	@echo 'make soak       long campaigns of faults, about two hours; writes docs/soak.md (SOAK_ARGS=…)'
	@echo 'make mutation   the code broken, change by change, to see what no test notices; hours (MUTATION_ARGS=…)'
	@echo 'make lock       renew requirements/ from pyproject.toml'
	@echo 'make venv       $(VENV) with all that development needs'
	@echo 'make clean      remove what make made; make distclean: $(VENV) too'

venv:
	@$(BOOTSTRAP) check

demo:
	@$(BOOTSTRAP) run
	@mkdir -p build; n=1; d=build/demo; \
	while [ -e "$$d" ]; do n=$$((n + 1)); d="build/demo-$$n"; done; \
	$(VENV)/bin/chainlog demo "$$d"

proofs:
	@$(BOOTSTRAP) test
	@$(PY) tools/show_proofs.py $(PROOFS_ARGS)

test:
	@$(BOOTSTRAP) test
	@$(PY) -m pytest -q -n 2 --dist worksteal $(PYTEST_ARGS)

# The tests run last, so that their closing lines stand last.
check: static
	@$(MAKE) --no-print-directory test

# -k: one run says everything that is wrong.
static:
	@$(BOOTSTRAP) check
	@$(MAKE) --no-print-directory -k check-format check-lint check-types check-layers check-tidy check-generated check-wheel

check-format:
	$(PY) -m ruff format --check --quiet --output-format concise .

check-lint:
	$(PY) -m ruff check --quiet --output-format concise .

check-types:
	$(PY) -m mypy --no-error-summary

check-layers:
	$(PY) tools/check_layers.py

check-tidy:
	$(PY) tools/tidy.py

check-generated:
	@for g in $(GENERATORS); do echo "$(PY) $$g --check"; $(PY) $$g --check || exit 1; done

check-wheel:
	$(PY) tools/check_wheel.py

format:
	@$(BOOTSTRAP) check
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench:
	@$(BOOTSTRAP) bench
	$(PY) -m benchmarks $(BENCH_ARGS)

bench-growth:
	@$(BOOTSTRAP) bench
	$(PY) -m benchmarks.growth $(GROWTH_ARGS)

bench-load:
	@$(BOOTSTRAP) bench
	$(PY) -m benchmarks.load $(LOAD_ARGS)

guard:
	@$(BOOTSTRAP) test
	@GUARD_TIMES_MOST=1.33 $(PY) -m pytest -q tests/guard

# Where the peers can't be installed they are named as such, and the others are measured.
bench-peers:
	@VENV=build/bench-peers sh tools/bootstrap.sh peers || VENV=build/bench-peers sh tools/bootstrap.sh bench
	build/bench-peers/bin/python -m benchmarks.peers $(PEERS_ARGS)

soak:
	@$(BOOTSTRAP) test
	@$(PY) tools/soak.py $(SOAK_ARGS)

# In an environment of its own: mutmut brings much that nothing else needs.
mutation:
	@VENV=build/mutation sh tools/bootstrap.sh mutation
	@build/mutation/bin/python tools/mutation.py $(MUTATION_ARGS)

lock:
	@$(BOOTSTRAP) run
	$(PY) tools/lock.py

clean:
	rm -rf build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find chainlog tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	rm -rf '$(VENV)'
