# One door for developers; CI calls the same targets. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test check test-matrix real assets environment environment-dev test-programs screenshots clean \
	bench-agent bench-ingest bench-storage bench-query bench-scale bench-recovery bench-gateway bench-proxmox bench-soak bench-lapse format \
	binary binary-proof verify-binary packages bench-binary story docs docs-serve reference

SHELL := /bin/sh
PYTHON := .venv/bin/python
WAKEFUL_DATA ?= ./var
export WAKEFUL_DATA

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: environment assets ## install, start the collector and this machine's agent, print where to look
	@exec $(PYTHON) packaging/run.py

test: environment-dev assets test-programs check ## install what the tests need and run all of them
	@$(PYTHON) packaging/tests.py

check: environment-dev ## formatting, lint, types and the import rules
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@.venv/bin/mypy
	@told=$$(.venv/bin/lint-imports) || { printf '%s\n' "$$told"; exit 1; }; printf '%s\n' "$$told" | tail -n 4

format: environment-dev ## format the source
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format .

test-matrix: ## run the agent's tests on every Python from 3.9 to 3.13 that is here
	@packaging/test-matrix.sh

real: environment-dev ## the gateway before a real llama.cpp with a small model, which are built and fetched once
	@packaging/real-model.sh .venv-model
	@WAKEFUL_LLAMA_SERVER=.venv-model/llama-server WAKEFUL_LLAMA_MODEL=.venv-model/model.gguf \
		$(PYTHON) -m pytest -q -m model tests/real

environment:
	@packaging/environment.sh run

environment-dev:
	@packaging/environment.sh dev

test-programs:
	@packaging/test-programs.sh

assets: environment ## fetch the page's scripts and styles
	@$(PYTHON) packaging/assets.py

screenshots: environment-dev assets ## take the pictures of the pages, both themes, both widths
	@packaging/test-programs.sh browser
	@$(PYTHON) packaging/screenshots.py

docs: environment-dev reference ## build the site of the docs into build/docs, and follow every link in it
	@$(PYTHON) packaging/docs/build.py

docs-serve: environment-dev reference ## serve that site on http://127.0.0.1:8811 and build it anew with each change
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs serve -a 127.0.0.1:8811

reference: environment-dev ## write docs/reference from the code
	@$(PYTHON) packaging/reference/write.py

story: environment-dev assets ## one evening with Wakeful in a small world of its own (STORY=--short --once)
	@packaging/test-programs.sh story
	@exec $(PYTHON) packaging/story.py $(STORY)

ARCH ?= x86_64
EACH_ARCH = $(if $(filter all,$(ARCH)),x86_64 aarch64,$(ARCH))

binary: ## freeze the agent for CentOS 7 and newer into dist/linux (ARCH=x86_64, aarch64 or all)
	@./py2exe.sh $(ARCH)

binary-proof: environment-dev ## freeze it and run it on glibc 2.17 as on Linux 3.10, on bullseye, bookworm and sid
	@./py2exe.sh $(ARCH)
	@for one in $(EACH_ARCH); do packaging/freeze/prove.sh $$one $(PYTHON) || exit 1; done

verify-binary: ## build it twice, in different folders and from nothing, and compare every byte
	@./py2exe.sh $(ARCH)
	@for one in $(EACH_ARCH); do packaging/freeze/verify.sh $$one || exit 1; done

packages: environment-dev assets ## make .deb and .rpm of both halves in dist/linux (ARCH=x86_64 or aarch64)
	@./py2exe.sh $(ARCH)
	@packaging/packages/site.sh $(ARCH) $(PYTHON) build/packages/site-$(ARCH)
	@$(PYTHON) packaging/packages/make.py wakeful-agent wakeful-collector --arch $(ARCH) \
		--bundle build/freeze/$(ARCH)/bundle/wakeful-agent --site build/packages/site-$(ARCH)

bench-binary: environment-dev ## what the frozen agent weighs and costs, beside its source
	@$(PYTHON) bench/binary/run.py

bench-agent: environment-dev ## the agent beside node_exporter
	@$(PYTHON) bench/agent/run.py

bench-ingest: environment-dev ## pushes a second beside VictoriaMetrics
	@$(PYTHON) bench/ingest/run.py

bench-storage: environment-dev ## bytes a sample beside VictoriaMetrics
	@$(PYTHON) bench/storage/run.py

bench-query: environment-dev assets ## how long the reads take
	@$(PYTHON) bench/query/run.py

bench-scale: environment-dev ## 5,000 simulated agents for ten minutes
	@$(PYTHON) bench/scale/run.py

bench-recovery: environment-dev ## how soon a fallen server is started and a machine woken, and what 100 watches cost
	@$(PYTHON) bench/recovery/run.py
	@$(PYTHON) bench/recovery/wake.py

bench-gateway: environment-dev ## what the gateway adds to Ollama: first byte, each piece, memory
	@$(PYTHON) bench/gateway/run.py
	@$(PYTHON) bench/gateway/desk.py

bench-soak: environment-dev assets ## the story's world for hours under load and faults (SOAK="--hours 2 --seed 1")
	@packaging/test-programs.sh soak
	@$(PYTHON) bench/soak/run.py $(SOAK)

bench-lapse: environment-dev ## what worker and pages keep over days of history, in time-lapse (LAPSE="--days 4 --hosts 20")
	@$(PYTHON) bench/soak/lapse.py $(LAPSE)

bench-proxmox: environment-dev ## keeping 50 Proxmox nodes and 5,000 guests in view
	@$(PYTHON) bench/proxmox/run.py
	@$(PYTHON) bench/proxmox/planning.py

clean: ## remove what was built, keep the data in ./var
	@rm -rf .venv .venv-* build dist screenshots .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* \
		.import_linter_cache collector/src/wakeful_collector/web/static/vendor
