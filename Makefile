# Everything a clone needs: it makes .venv by itself and installs only what each goal uses.
# Start with `make demo`; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/device.lock requirements/dev.lock
DEMO_FRAME := data/solvents13/mixtures/FourSolvent-1.txt
DEMO_PICTURE := out/demo.png
# The demo's record stays out of the user's own store.
DEMO_HOME := out/demo-home
RECIPES := solvents13-1 solvents13-2 solvents13-tiny-2 aromatics4-1 aromatics4-2

# Slow networks get patience; whoever sets these in the environment wins.
export PIP_DEFAULT_TIMEOUT ?= 60
export PIP_RETRIES ?= 5
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

# A stamp is named after the contents it stands for, so that nothing is installed twice and a
# changed lock never goes unnoticed. It lives inside .venv and vanishes with it.
key = $(shell cat $(1) setup.cfg setup.py pyproject.toml device/native/*.[ch] | sha256sum | cut -c1-16)
DEVICE_STAMP := $(VENV)/installed-device-$(call key,requirements/device.lock)
DEV_STAMP := $(VENV)/installed-dev-$(call key,$(LOCKS))
# The C compiler for other processors is large and serves one goal: an environment of its own.
WHEELS_VENV := out/wheels-venv
WHEELS_LOCK := requirements/wheels.txt
WHEELS_STAMP := $(WHEELS_VENV)/installed-$(shell sha256sum < $(WHEELS_LOCK) | cut -c1-16)

# Half-made, moved with its folder, or its Python gone: then .venv is made anew.
HEALTHY := $(shell grep -qF "$(CURDIR)/$(BIN)/python" $(BIN)/pip 2>/dev/null \
	&& $(BIN)/python -c "import pip" 2>/dev/null && echo yes)
ifneq ($(HEALTHY),yes)
.PHONY: $(DEVICE_STAMP) $(DEV_STAMP)
endif

.DEFAULT_GOAL := help
.PHONY: help demo test notebook lint bench arm wheels package c models lock clean
.DELETE_ON_ERROR:

help:  ## This list
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r goal what; do printf '  make %-8s %s\n' "$$goal" "$$what"; done

demo: $(DEVICE_STAMP)  ## Identify a real four-solvent frame on the simulated analyzer (no TensorFlow)
	@mkdir -p $(dir $(DEMO_PICTURE))
	@RAMIX_HOME=$(DEMO_HOME) $(BIN)/ramix identify --port "sim:replay=$(DEMO_FRAME)" \
		--plot $(DEMO_PICTURE)
	@echo "Measured spectrum, fitted components and residual: $(CURDIR)/$(DEMO_PICTURE)"
	@echo "The operator's screen, with ten samples: $(BIN)/ramix serve --port sim:scenes=demo --open"

# A file's tests stay together: many share what they build once. Files begin in the order of
# tests/longest_first.py.
test: lint  ## Linters, types, import rules and the whole test suite
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

notebook: $(DEV_STAMP)  ## Tests of the experiments, run by hand
	@$(BIN)/python -m pytest tests/notebook

lint: $(DEV_STAMP)  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(DEVICE_STAMP)  ## Measure speed and memory against the bare interpreter and a raw USB loop
	@mkdir -p out
	@$(BIN)/python -m tools.bench --json out/bench.json

arm: $(DEV_STAMP)  ## Count instructions on emulated aarch64
	@$(BIN)/python -m tools.arm_check --json out/arm.json

wheels: $(WHEELS_STAMP)  ## Wheels for x86-64, aarch64 and armv7l, with the kernel, into dist
	@$(WHEELS_VENV)/bin/python -m tools.build_wheels --out dist

package: $(DEVICE_STAMP)  ## A wheel, and one archive that installs without a network, into dist
	@echo "Downloading the handheld's wheels and packing them (about 80 MB) ..."
	@$(BIN)/python -m tools.build_archive --out dist
	@echo "How it is installed: docs/installing.md"

c:  ## Build the example firmware in C into out/c (needs a C compiler)
	@compiler=$$(for name in cc gcc clang; do command -v $$name && break; done); \
	if [ -z "$$compiler" ]; then echo "No C compiler here (cc, gcc or clang): nothing built."; \
	else $(MAKE) -s -C firmware_bridge/c OUT=$(CURDIR)/out/c CC="$$compiler" && \
		echo "Built: $(CURDIR)/out/c/ramix-example (see firmware_bridge/c/README.md)"; fi

models: $(DEV_STAMP)  ## Train and sign the shipped models again from their seeds
	@for recipe in $(RECIPES); do $(BIN)/ramix-train build $$recipe --out models || exit; done

lock:  ## Resolve requirements/*.in into the locks (needs uv)
	@uv pip compile $(UV_FLAGS) --generate-hashes setup.cfg requirements/dev.in \
		--extra nexus --extra report --extra search --extra train --extra tflite \
		-o requirements/dev.lock
	@uv pip compile $(UV_FLAGS) --generate-hashes setup.cfg requirements/device.in \
		--extra report -c requirements/dev.lock -o requirements/device.lock
	@uv pip compile $(UV_FLAGS) --generate-hashes --no-deps requirements/device-armv7l.in \
		-c requirements/dev.lock -o requirements/device-armv7l.txt
	@uv pip compile $(UV_FLAGS) --generate-hashes requirements/wheels.in \
		-c requirements/dev.lock -o $(WHEELS_LOCK)

# One resolution: the development lock first, the others constrained to it. The hashes are those of
# every wheel of a version, so the locks made for x86-64 serve aarch64 too.
UV_FLAGS := --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	--custom-compile-command "make lock"

clean:  ## Remove the environment and everything that was built
	rm -rf $(VENV) out build dist device/native/kernel.elf .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEVICE_STAMP): | python-for-venv
	@echo "Installing the handheld's environment into $(VENV) (about 330 MB, once) ..."
	@$(call install,requirements/device.lock)
	@touch $@

$(DEV_STAMP): | python-for-venv
	@$(BIN)/python -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" || { \
		echo "Development needs Python 3.11, where tflite-runtime's wheels end:" \
			"install it, then run: make clean $(MAKECMDGOALS)"; exit 1; } >&2
	@echo "Installing the development environment into $(VENV) (about 2.1 GB, once) ..."
	@$(call install,requirements/dev.lock)
	@touch $@ $(DEVICE_STAMP)

$(WHEELS_STAMP): | python-for-venv
	@echo "Installing a C compiler into $(WHEELS_VENV) (about 440 MB, once) ..."
	@$(BIN)/python -m venv --clear $(WHEELS_VENV)
	@$(WHEELS_VENV)/bin/python -m pip install -qq --only-binary :all: --require-hashes \
		-r $(WHEELS_LOCK)
	@touch $@

# The fit's loops in C are built on the way, where there is a compiler.
install = $(BIN)/python -m pip install -qq --only-binary :all: --require-hashes -r $(1) \
	&& rm -f device/native/kernel.elf \
	&& $(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e . \
	&& $(BIN)/python -m compileall -q firmware_bridge device train tools \
	&& rm -f $(VENV)/installed-* \
	&& { test -e device/native/kernel.elf || \
		echo "No C compiler: the fit runs in numpy alone, about four times as slow."; }

# Order-only, and a no-op once .venv is healthy.
.PHONY: python-for-venv
python-for-venv:
ifneq ($(HEALTHY),yes)
	@for python in $(PYTHON) python3.11 python3.12 python3; do \
		if $$python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))" \
			2>/dev/null; then \
			echo "Making $(VENV) with $$($$python --version)"; \
			exec $$python -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11 or 3.12 found: install python3.11 (and python3.11-venv) or set PYTHON=" >&2; \
	exit 1
endif
