# The front door of e-Kino: one command per intention, the same on a laptop and in CI.
# Needs make, git and Python 3.11 or newer with pip and venv; everything else is set up here.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
# Handed to the command behind `make demo` and to pytest: make demo ARGS="--seconds 60"
ARGS ?=

# Another project's environment must not leak into this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME UV_PROJECT_ENVIRONMENT
# The system's own certificate store: machines behind an inspecting proxy have theirs there.
export UV_SYSTEM_CERTS := 1
# The interpreter that was found is the interpreter that is used; none is fetched.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(CURDIR)/$(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

##@ Use
.PHONY: demo
demo: .venv/.ready  ## the demonstration country, live in your browser (ARGS="--seconds 60 --json")
	@$(BIN)/ekino demo $(ARGS)

##@ Change
.PHONY: quick
quick: .venv/.ready  ## unit, spec and guard tests, in seconds (ARGS="-k batch")
	@$(BIN)/pytest $(wildcard tests/unit tests/spec tests/guards) $(ARGS)

.PHONY: check
check: .venv/.ready  ## what is wrong: format, lint, types, imports, translations, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --quiet tests/guards
	$(BIN)/uv lock --check --quiet

.PHONY: fix
fix: .venv/.ready  ## repair what a machine can: format and lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: test
test: check  ## everything that a change must pass (ARGS="-x")
	@$(BIN)/python tests/machine.py
	$(BIN)/pytest $(ARGS)

.PHONY: bench
bench: .venv/.ready  ## measure and record in bench/, beside a Django service (ARGS="ingest --quick")
	@$(BIN)/uv sync --locked --quiet --group bench
	$(BIN)/ekino bench --to bench $(ARGS)

.PHONY: campaign
campaign: .venv/.ready  ## the attack campaigns at full count: tried, wrong (ARGS="-k s8")
	@$(BIN)/python tests/machine.py
	EKINO_TEST_CAMPAIGN=1 $(BIN)/pytest --quiet -s --timeout 7200 -p no:randomly tests/campaigns tests/generative/test_shadow_sales.py tests/generative/test_printed_codes.py tests/generative/test_feed_month.py $(ARGS)

.PHONY: pictures
pictures: .venv/.ready  ## every page of the demonstration, opened in Chromium, as a gallery (ARGS="--only film")
	@$(BIN)/python tests/machine.py
	@$(BIN)/python tests/pictures.py $(ARGS)

.PHONY: docs
docs: .venv/.ready  ## write the generated reference pages anew and check every link
	$(BIN)/pytest --quiet --regenerate tests/spec
	$(BIN)/pytest --quiet tests/guards

.PHONY: kit
kit: .venv/.ready  ## the tills' kit alone as a wheel in dist/, for whoever runs no register
	@$(BIN)/uv build --quiet --wheel clients/python --out-dir dist
	@ls dist/ekino_till-*.whl

##@ Set up
.PHONY: setup
setup: .venv/.ready  ## the environment of uv.lock in .venv (the others do this by themselves)
	@echo "Ready: $$($(BIN)/python --version) in .venv, as uv.lock says."

.PHONY: clean
clean:  ## remove .venv and every cache; keeps what the product stored elsewhere
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:  ## this list
	@awk 'BEGIN { FS = ":.*## "; print "e-Kino: the national register of ticket sales\n\n  make TARGET" } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The environment is whole when it was finished in this very folder and its interpreter still
# runs; after a move of the checkout or an upgrade of Python it is made anew.
whole := $(shell cat .venv/.ready 2>/dev/null) $(shell $(BIN)/python -c 'print("runs")' 2>/dev/null)
ifneq ($(whole),$(CURDIR) runs)
.PHONY: .venv/.ready
endif

.venv/.ready: pyproject.toml uv.lock
ifneq ($(whole),$(CURDIR) runs)
	@$(create_environment)
endif
	@$(BIN)/uv sync --locked
	@pwd > $@

# A python that is new enough makes .venv, and pip brings the pinned uv, which does the rest.
# Debian can have venv without ensurepip: there, the system's own pip fills the new .venv.
define create_environment
set -e; \
python=; \
for candidate in python3 python3.15 python3.14 python3.13 python3.12 python3.11; do \
  if "$$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    python=$$candidate; break; \
  fi; \
done; \
if [ -z "$$python" ]; then \
  echo "e-Kino needs Python 3.11 or newer with venv and pip; python3 here: $$(python3 --version 2>&1)" >&2; \
  echo "Debian 12, Ubuntu 23.04 and newer: apt-get install python3 python3-venv python3-pip" >&2; \
  exit 1; \
fi; \
if [ -e .venv ] && [ ! -w .venv ]; then \
  echo "The .venv in this folder belongs to another user; make a checkout of your own." >&2; \
  exit 1; \
fi; \
uv=$$(sed -n 's/^ *"\(uv==[0-9.]*\)".*/\1/p' pyproject.toml); \
echo "Making .venv with $$("$$python" --version), then $$uv"; \
rm -rf .venv; \
if "$$python" -m venv .venv >/dev/null 2>&1; then \
  $(BIN)/python -m pip install --quiet "$$uv"; \
elif "$$python" -m pip --version >/dev/null 2>&1; then \
  "$$python" -m venv --clear --without-pip .venv; \
  "$$python" -m pip --python $(BIN)/python install --quiet "$$uv"; \
else \
  rm -rf .venv; \
  echo "$$("$$python" --version) is here, but neither venv with ensurepip nor pip." >&2; \
  echo "Debian, Ubuntu: apt-get install python3-venv python3-pip" >&2; \
  exit 1; \
fi
endef
