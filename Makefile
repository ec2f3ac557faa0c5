# Everything that a developer or an operator runs. Needs make and Python 3.11 or newer; no Docker, no account.
#   make demo                 see it work, on a copy of real orders
#   make test                 all checks and tests
#   make PYTHON=python3.13 …  with another interpreter than python3

PYTHON ?= python3
ENV ?= default
TRANSFORMED := .local/transformed
STAMP := .installed-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

PY := .venv/bin/python
SAM := .venv-emulator/bin/sam
UV := .venv-emulator/bin/uv

# The SAM CLI must find our uv, and has nothing to report to anybody.
export PATH := $(CURDIR)/.venv-emulator/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help install demo rehearse up down sam test properties hostile bad-input fuzz simulate mutants lint format bench bench-rank bench-scale openapi build deploy lock clean python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install ## Deploy to an emulator of this machine, post 6,919 real orders, show what came of them; it runs until make down
	@$(PY) -m tools demo

rehearse: install ## Try a program out before it is put in force: make rehearse PROGRAM=my-program.yaml
	@$(PY) -m tools rehearse $(or $(PROGRAM),--help)

up: install ## Start the emulator and deploy; prints the address and keys
	@$(PY) -m tools up

down: ## Stop what make demo or make up left running
	@if [ -x $(PY) ]; then $(PY) -m tools down; fi

sam: ## Run the SAM CLI against what make demo or make up left running: make sam DO="remote invoke ReviewFunction …"
	@if [ -x $(PY) ]; then $(PY) -m tools sam -- $(DO); else echo "Nothing is started: make demo and make up do." >&2; exit 1; fi

test: lint ## All checks, then all tests, the deployed stack included
	$(PY) -m pytest --numprocesses auto --dist loadscope

properties: install ## The laws on ten times as many lives, new ones each time (half an hour or more)
	HYPOTHESIS_PROFILE=slow $(PY) -m pytest tests/domain/test_properties.py tests/domain/test_settle_stateful.py

hostile: install ## 10,000 grants against a receiver that does everything a receiver should not (a minute or two)
	@$(PY) -m tests.channels.hostile

bad-input: install ## 50,000 requests that no honest client sends, to the real handlers (SEED=2: others; some minutes)
	@$(PY) -m tests.functions.bad_input --seed $(or $(SEED),1)

fuzz: install .venv-fuzz/$(STAMP) ## Schemathesis over openapi.json, against the deployed stack (SEED=2: others; a quarter of an hour)
	@$(PY) -m tools.fuzz --seed $(or $(SEED),1)

simulate: install ## Schedules from seeds, with faults at every call of a port: make simulate SEED=1 RUNS=1000 (or REPLAY=file)
	@$(PY) -m tests.simulation $(if $(REPLAY),--replay $(REPLAY),--seed $(or $(SEED),1) --runs $(or $(RUNS),1000))

mutants: install ## Put each fault of a list into a copy, and see that it is found (half an hour; ONLY=notice: some)
	@$(PY) -m tests.mutants $(if $(ONLY),--only "$(ONLY)")

lint: install .venv-checks/$(STAMP) ## ruff, mypy, cfn-lint, sam validate, checkov
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv-emulator/bin/cfn-lint template.yaml
	$(SAM) validate --lint --region us-east-1
	.venv-emulator/bin/python tools/checks/transform.py $(TRANSFORMED)/template.json
	.venv-checks/bin/checkov --config-file tools/checks/checkov.yaml --directory $(TRANSFORMED)

format: install ## Let ruff put the code into its form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: install ## Measure: units per event, events a second, import times, settles a second (PART=imports: those alone)
	@$(PY) -m tools.bench $(if $(PART),--part $(PART))

bench-rank: install ## Measure: the boards of a million members, cut by the real code (takes some minutes)
	@$(PY) -m tools.bench.rank

bench-scale: install ## Measure: reviews and a new version for a million members, a busy member, a busy program (a quarter of an hour and more)
	@$(PY) -m tools.bench.scale

openapi: install ## Write the published contract and schemas again from the code
	$(PY) -m tools.openapi

build: install ## Build for your account: make build ENV=prod takes samconfig.toml's section 'prod'
	@$(PY) -m tools build $(ENV)

deploy: build ## Build and deploy to your account: make deploy ENV=prod
	$(SAM) deploy --config-env $(ENV)

LOCK := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: install ## Choose the newest versions and pin them with their hashes
	$(LOCK) requirements/runtime.in -o layers/dependencies/requirements.txt
	$(LOCK) -c layers/dependencies/requirements.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/emulator.in -o requirements/emulator.txt
	$(LOCK) requirements/checks.in -o requirements/checks.txt
	$(LOCK) requirements/fuzz.in -o requirements/fuzz.txt
	$(LOCK) --no-deps requirements/uv.in -o requirements/uv.txt
	$(LOCK) --no-deps requirements/data.in -o requirements/data.txt

clean: down ## Remove everything that make has made
	rm -rf .venv .venv-emulator .venv-checks .venv-fuzz .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: .venv/$(STAMP) ## Install into .venv and .venv-emulator (done by itself, once)

# Two environments, because the emulator and the SAM CLI pin other versions of boto3 than the product is tested with.
.venv/$(STAMP): requirements/dev.txt requirements/data.txt .venv-emulator/$(STAMP)
	@$(call fresh_venv,.venv)
	@echo "Installing the product's dependencies ..."
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(PY) --no-deps --require-hashes -r requirements/data.txt
	@echo "$(CURDIR)/layers/domain" > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/membership.pth"
	@touch $@

.venv-emulator/$(STAMP): requirements/emulator.txt requirements/uv.txt | python
	@$(idle)
	@$(call fresh_venv,.venv-emulator)
	@echo "Installing the emulator and the SAM CLI ..."
	@.venv-emulator/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/uv.txt
	@$(UV) pip install --quiet --python .venv-emulator/bin/python --require-hashes -r requirements/emulator.txt
	@touch $@

.venv-checks/$(STAMP): requirements/checks.txt .venv-emulator/$(STAMP)
	@$(call fresh_venv,.venv-checks)
	@echo "Installing what checks the template ..."
	@$(UV) pip sync --quiet --python .venv-checks/bin/python --require-hashes requirements/checks.txt
	@touch $@

.venv-fuzz/$(STAMP): requirements/fuzz.txt .venv-emulator/$(STAMP)
	@$(call fresh_venv,.venv-fuzz)
	@echo "Installing what asks the API ..."
	@$(UV) pip sync --quiet --python .venv-fuzz/bin/python --require-hashes requirements/fuzz.txt
	@touch $@

# The stamp's name holds the interpreter's version, so another PYTHON makes both environments anew.
fresh_venv = [ -e $(1)/$(STAMP) ] || $(PYTHON) -m venv --clear $(1) || \
	{ echo "$(PYTHON) can't make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# The emulator runs in what is made anew here, and its functions begin new processes all the time.
idle = if [ -x $(PY) ] && $(PY) -c 'import sys; from tools.emulator import Emulator; sys.exit(not Emulator().running)' \
	2>/dev/null; then echo "A stack runs in the environment that has to be made anew: make down" >&2; exit 1; fi

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "Tierwise needs Python 3.11 or newer, and '$(PYTHON)' is not: make PYTHON=python3.13 ..." >&2; exit 1; }
