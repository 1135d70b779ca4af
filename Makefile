# All the set-up there is: every target first makes .venv from requirements/dev.lock.
# Needs Python 3.11 or 3.12 with venv, and make. `make help` lists the targets.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
XTTS := $(VENV)/xtts/installed-from.lock
PYTHON ?=
UV ?= uv
ARGS ?=
# Which torch `make xtts` takes; without a word, the one that is there.
TORCH ?= $(if $(shell grep -s '^torch==.*+cpu' $(XTTS)),cpu,cuda)

# TensorFlow's notes about the processor; its warnings and errors stay.
export TF_CPP_MIN_LOG_LEVEL ?= 1

# A virtual environment dies with the Python that it was made from.
DEAD := $(shell test -x $(BIN)/python || echo dead)

.PHONY: help
help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(INSTALLED) ## train a small Korean voice from nothing and hear it (minutes)
	@$(BIN)/python -m moksori demo $(ARGS)

# What starts programs, hosts, clusters, containers or a browser is for test-all.
EVERYDAY := not (program or distributed or cluster or container or benchmark \
    or browser or fuzz or xtts)

.PHONY: test
test: lint ## the everyday checks; ARGS="tests/audio -k mel" narrows the tests
	@$(BIN)/python -m pytest --durations=25 -m "$(EVERYDAY)" $(ARGS)

# XTTS has test-xtts. The numbers of both backends are checked.
.PHONY: test-all
test-all: lint ## every check, the slow ones too
	@$(BIN)/python -m pytest --durations=25 -m "not xtts" $(ARGS)
	@KERAS_BACKEND=jax $(BIN)/python -m pytest --durations=25 -m backend $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## style and formatting only
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

.PHONY: tensorboard
tensorboard: $(INSTALLED) ## watch the runs in logs/ at http://localhost:6006
	@$(BIN)/python -m moksori tensorboard $(ARGS)

.PHONY: venv
venv: $(INSTALLED) ## only install

# The script finds its work done, or does it again: after another lock, another TORCH or
# a new .venv, with which XTTS goes.
.PHONY: xtts
xtts: $(INSTALLED) ## add XTTS, for clone and compare (TORCH=cpu without a card)
	@docker/install.sh xtts $(VENV) $(TORCH)

# What recognises speakers, beside what is there.
.PHONY: speakers
speakers: $(INSTALLED) ## add speaker recognition: its engine, weights, microphone, server
	@docker/install.sh speakers $(VENV)

# What serves voices to many, beside what is there.
.PHONY: service
service: $(INSTALLED) ## add the service: web, queue, and a Postgres for this machine
	@docker/install.sh service $(VENV)

.PHONY: serve
serve: service ## serve voices at http://127.0.0.1:5000, until Ctrl-C
	@$(BIN)/python -m moksori serve $(ARGS)

# What sings with another voice, beside what is there.
.PHONY: covers
covers: $(INSTALLED) ## add song covers: separation, melody, content, vocoder
	@docker/install.sh covers $(VENV)

.PHONY: test-xtts
test-xtts: xtts ## the tests that need XTTS; ARGS narrows them
	@MOKSORI_XTTS=required $(BIN)/python -m pytest -m xtts $(ARGS)

# dev.lock bounds the others, so that what two of them share is one version.
LOCK := pip compile pyproject.toml --generate-hashes --python-version 3.11 \
    --no-emit-index-url --no-emit-find-links --no-header --quiet
IMAGE := --constraint requirements/dev.lock --python-platform x86_64-manylinux_2_28

.PHONY: lock
lock: ## pin pyproject.toml's dependencies again (needs uv, https://docs.astral.sh/uv)
	@$(UV) $(LOCK) --extra dev -o requirements/dev.lock
	@$(UV) $(LOCK) $(IMAGE) --extra gpu --extra cluster -o requirements/gpu.lock
	@$(UV) $(LOCK) $(IMAGE) --extra jax --extra cluster -o requirements/cpu.lock
	@$(UV) $(LOCK) $(IMAGE) --extra xtts -o requirements/xtts.lock
	@$(UV) $(LOCK) $(IMAGE) --constraint requirements/xtts.lock --extra speakers \
	    -o requirements/speakers.lock
	@$(UV) $(LOCK) $(IMAGE) --constraint requirements/xtts.lock \
	    --constraint requirements/speakers.lock --extra service \
	    -o requirements/service.lock
	@$(UV) pip compile requirements/api.in --constraint requirements/service.lock \
	    --generate-hashes --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	    --no-emit-index-url --no-emit-find-links --no-header \
	    --quiet -o requirements/api.lock
	@$(UV) $(LOCK) $(IMAGE) --constraint requirements/xtts.lock \
	    --constraint requirements/speakers.lock --extra covers \
	    -o requirements/covers.lock
	@for name in weights songs; do \
	    $(UV) pip compile requirements/$$name.in --no-deps --generate-hashes \
	        --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header \
	        --quiet -o requirements/$$name.lock; done
	@$(UV) pip compile requirements/s3.in --generate-hashes --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --no-header --quiet \
	    -o requirements/s3.lock
	@$(UV) $(LOCK) $(IMAGE) --constraint requirements/xtts.lock --extra whisper \
	    -o requirements/whisper.lock

.PHONY: clean
clean: ## remove .venv and caches; data/ and logs/ are yours and stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
	@find . \( -path ./data -o -path ./logs -o -path ./.git \) -prune -o \
	    -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an install that was interrupted starts over from an
# empty environment; with the stamp in place nothing is checked again. The lock on
# requirements/dev.lock makes a second make wait, and then find the work done.
$(INSTALLED): requirements/dev.lock $(if $(DEAD),again)
	@for python in $(or $(PYTHON),python3.11 python3 python3.12); do \
	    "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	        >/dev/null 2>&1 || continue; \
	    "$$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || { \
	        echo "make: $$python has no venv: install it (on Debian: python3-venv)" >&2; \
	        exit 1; }; \
	    exec 9<requirements/dev.lock || exit 1; \
	    "$$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || exit 1; \
	    test -x $(BIN)/python && test -e $@ && ! test requirements/dev.lock -nt $@ && exit 0; \
	    echo "Installing into $(VENV) with $$python, once; this takes a minute or two."; \
	    rm -f $@ && "$$python" -m venv --clear $(VENV) && \
	        $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	            --require-hashes --no-deps --only-binary :all: -r requirements/dev.lock && \
        $(BIN)/python -m pip install --quiet --disable-pip-version-check \
            --no-deps --no-build-isolation --editable . && \
	        touch $@; \
	    exit; \
	done; \
	echo "make: needs Python 3.11 or 3.12; install one, or name it:" \
	    "make PYTHON=/path/to/python3.11" >&2; \
	exit 1

.PHONY: again
again:
