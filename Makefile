# `make` lists what there is. Every target is safe to repeat.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Of a person's environment these would slow the build or send the laptop cloud's traffic elsewhere.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV NODE_OPTIONS
unexport AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE AWS_ENDPOINT_URL
export AWS_DEFAULT_REGION := us-east-1
export AWS_REGION := us-east-1
export AWS_EC2_METADATA_DISABLED := true
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help: ## List the targets
	@printf 'make TARGET, where TARGET is one of\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

##### The laptop cloud

.PHONY: run
run: install ## Start the whole cloud on this laptop, send a first transfer, stay up until Ctrl-C
	@$(BIN)/python -m local run

.PHONY: up
up: install ## Start the laptop cloud in the background, or deploy the current code to it
	@$(BIN)/python -m local up

.PHONY: down
down: ## End the laptop cloud
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; else echo 'No laptop cloud was running.'; fi

.PHONY: status
status: install ## Say what of the laptop cloud runs
	@$(BIN)/python -m local status

.PHONY: logs
logs: install ## Print what the functions of the laptop cloud logged, oldest first
	@$(BIN)/python -m local logs

##### Tests and checks

.PHONY: test
test: unit integration ## Run all tests: unit and template tests, then those on the laptop cloud

.PHONY: unit
unit: install ## Run the unit tests with branch coverage, then templates, faults, simulation, tenants and the shipped asset
	$(BIN)/python -m pytest tests/unit -n auto --dist loadfile --durations=15 --cov --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=95
	@# Without coverage: it makes code nearly twice as slow, and these run the same lines thousands of times.
	$(BIN)/python -m pytest tests/promises tests/simulation tests/faults tests/tenants tests/infra tests/bench \
		tests/test_architecture.py -n auto --dist loadfile --durations=15

.PHONY: quick
quick: ## Run one file or folder of tests in seconds: make quick TESTS=tests/unit/core
	@# hypothesis' plugin imports all of hypothesis for the last line of a run; tests that use it do so themselves.
	@$(BIN)/python -m pytest -q -p no:hypothesispytest $(or $(TESTS),tests/unit/core)

.PHONY: watch
watch: ## Run one file or folder of tests, but for the thorough ones, at each save, until Ctrl-C: make watch TESTS=tests/unit/functions/test_sweep.py
	@$(BIN)/python -m tools.watch $(or $(TESTS),tests/unit/core)

.PHONY: integration
integration: install browser contract-tools ## Run the tests on the laptop cloud; starts it when it is not up, and ends it then
	@# A test waits for the cloud for a good part of its time: one worker more than there are cores.
	@$(BIN)/python -m local with-cloud -- sh -c '\
		$(BIN)/python -m pytest tests/integration -m "not alone" -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal --durations=15 && \
		$(BIN)/python -m pytest tests/integration -m alone --durations=15'

.PHONY: fuzz
fuzz: install contract-tools ## Hold the API to its document with generated requests: make fuzz EXAMPLES=200 SEED=7
	@$(BIN)/python -m local with-cloud -- $(BIN)/python -m tools.fuzz \
		--examples $(or $(EXAMPLES),40) --seed $(or $(SEED),1)

.PHONY: load
load: install .local/load-venv/.installed ## Put load on the laptop cloud: make load SCENARIO=small USERS=8 SECONDS=60
	@$(BIN)/python -m local with-cloud -- $(BIN)/python -m tools.load \
		--scenario $(or $(SCENARIO),mixed) --users $(or $(USERS),4) --seconds $(or $(SECONDS),60)

.PHONY: capacity
capacity: install ## Count the work of one transfer and hold it against quotas and prices, on paper
	@$(BIN)/python -m tools.capacity

.PHONY: check
check: lint types test ## Everything a change must pass

.PHONY: lint
lint: install ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: install ## Put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: install ## Check types (strict; the first run takes a minute or two)
	$(BIN)/mypy

.PHONY: breaking
breaking: install ## Compare openapi.json with the last release's: would its clients still work?
	@$(BIN)/python -m tools.breaking

.PHONY: proof
proof: install ## Show every claim of docs/reliability.md again (about an hour); make proof SHORT=1 takes some minutes
	@$(BIN)/python -m local with-cloud -- $(BIN)/python -m tools.proof $(if $(SHORT),--short)

.PHONY: simulate
simulate: install ## Hold the core to its promises through generated histories: make simulate HISTORIES=100000
	$(BIN)/python -m tools.simulate --histories $(or $(HISTORIES),10000)

.PHONY: strike
strike: install ## Let every effect of the core fail once, in every way, and see that each promise still holds
	$(BIN)/python -m tools.strike

.PHONY: faults
faults: install ## Let every call of AWS fail once, in every way, and see that the same is left in the end (half an hour)
	$(BIN)/python -m tools.fault_matrix --every $(or $(EVERY),1)

.PHONY: tenants
tenants: install ## Two tenants reach for each other's things, thousands of times: make tenants RUNS=2000
	$(BIN)/python -m tools.tenants --runs $(or $(RUNS),2000) --steps $(or $(STEPS),20)

.PHONY: authorization-mutants
authorization-mutants: install ## Break the code that decides who may do what in every way that Cosmic Ray knows (twenty minutes)
	$(BIN)/python -m tools.authorization_mutants

.PHONY: mutants
mutants: install ## Break the code on purpose and see that a test notices
	$(BIN)/python tools/mutants.py

.PHONY: bench
bench: install ## Measure cold and warm API calls on the shipped asset beside a reference (Linux, ten minutes)
	$(BIN)/python -m tools.bench --rounds $(or $(ROUNDS),21)

.PHONY: bench-synthesis
bench-synthesis: install ## Measure synthesis of production beside an app of one bucket: make bench-synthesis ROUNDS=21
	@$(BIN)/python -m tools.bench.synthesis --rounds $(or $(ROUNDS),9)

.PHONY: imports
imports: install ## Show what each function imports, who of it spends what, and whether it is within the budget
	$(BIN)/python -m tools.bench.imports

##### Generated files

.PHONY: synth
synth: install ## Write the CloudFormation templates of an environment to cdk.out: make synth ENV=dev
	node_modules/.bin/cdk synth --quiet --no-notices --app '$(BIN)/python app.py' -c env=$(or $(ENV),local) '**'

.PHONY: schema
schema: install ## Write config/schema.json and docs/environments.md from the model of environments
	$(BIN)/skyferry env schema > config/schema.json.new
	mv config/schema.json.new config/schema.json
	$(BIN)/python -m tools.environment_page

.PHONY: openapi
openapi: install ## Write openapi.json from the handlers
	$(BIN)/python -m skyferry.functions.api.openapi > openapi.json.new
	mv openapi.json.new openapi.json

.PHONY: docs
docs: openapi ## Write docs/api.md from openapi.json; the laptop cloud shows the whole of it at /docs
	$(BIN)/python -m tools.api_page

.PHONY: work
work: install ## Write docs/work-per-operation.md: what each operation asks of the table, counted
	$(BIN)/python -m tools.work

.PHONY: lock
lock: install ## Pin the runtime's dependencies again, with hashes
	for name in requirements requirements-authorizer; do \
		$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
			--no-annotate --no-emit-index-url runtime/$$name.in -o runtime/$$name.lock || exit 1; \
	done

##### Installation

.PHONY: install
install: $(VENV)/.installed node_modules/.installed ## Install what the other targets need, once

.PHONY: preflight
preflight:
	@sh local/preflight.sh $(PYTHON)

$(VENV)/.uv: requirements.txt | preflight
	@echo 'Making the virtual environment $(VENV)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@touch $@

$(VENV)/.installed: requirements-dev.txt requirements.txt pyproject.toml $(VENV)/.uv | preflight
	@echo 'Installing the Python packages (about a minute the first time)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | preflight
	@echo 'Installing the CDK command line'
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: browser
browser: ## Install the foreign clients of the tests, where apt-get can; else say what is missing
	@sh local/browser.sh

.PHONY: reference
reference: install ## Render the API reference of the constructs to docs/reference
	PDOC_ALLOW_EXEC=1 $(BIN)/pdoc --no-show-source --output-directory docs/reference skyferry_cdk

.PHONY: examples
examples: install ## Build the wheel and synthesize the examples with it, as an importer would
	@$(BIN)/python -m tools.examples

.PHONY: policies
policies: install .local/policy-venv/.installed ## Ask parliament, checkov and zizmor about templates and workflows (after make synth ENV=prod)
	$(BIN)/python -m tools.policies

.local/policy-venv/.installed: requirements-policy.txt $(VENV)/.installed
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .local/policy-venv
	@$(BIN)/uv pip install --quiet --python .local/policy-venv/bin/python -r requirements-policy.txt
	@touch $@

.PHONY: contract-tools
contract-tools: .local/contract-venv/.installed ## Install the foreign tools that hold the API to its document

.local/contract-venv/.installed: requirements-contract.txt $(VENV)/.installed
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .local/contract-venv
	@$(BIN)/uv pip install --quiet --python .local/contract-venv/bin/python -r requirements-contract.txt
	@touch $@

.local/load-venv/.installed: requirements-load.txt $(VENV)/.installed
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .local/load-venv
	@$(BIN)/uv pip install --quiet --python .local/load-venv/bin/python -r requirements-load.txt
	@touch $@

.PHONY: clean
clean: down ## Remove everything that was installed or generated
	rm -rf $(VENV) node_modules .local .bench cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
