# make demo · make test · make lock — each does all of its own set-up.
# A bare Debian 12 needs: apt-get install python3 python3-venv git make
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Many tests wait for a clock, a disk or a browser: five workers keep two cores busy.
WORKERS ?= 5
# pip's own chatter about newer versions and root is not the reader's concern.
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
export PIP_ROOT_USER_ACTION := ignore

.PHONY: venv dev demo test nightly bench-console bench-sending bench-store bench-receipts bench-taps bench-year fuzz soak sandbox-clients handbook wheel bundle bundle-aarch64 bundle-windows licences sbom audit lock clean

venv: $(VENV)/.ready
dev: $(VENV)/.ready-dev

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Preparing $(VENV) (once; half a minute) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@echo "Preparing the test tools (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: venv
	@$(BIN)/qingfeng demo $(ARGS)

# Compiled once, also where the environment says never: each worker and each process that a test starts
# would else do it anew. The tests are compiled while mypy looks at the program.
test nightly: export PYTHONDONTWRITEBYTECODE =

test: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pytest --collect-only $(ARGS) >/dev/null 2>&1 & $(BIN)/mypy && wait
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

nightly: dev
	@$(BIN)/pytest -m nightly $(ARGS)

bench-sending: dev
	@$(BIN)/python -m tests.bench.sending > docs/bench-sending.md && cat docs/bench-sending.md

bench-store: dev
	@$(BIN)/python -m tests.bench.store $(ARGS)

bench-console: dev
	@$(BIN)/python -m tests.bench.console $(ARGS)

# Needs wrk (apt-get install wrk).
bench-receipts: dev
	@$(BIN)/python -m tests.bench.receipts $(ARGS)

bench-taps: dev
	@$(BIN)/python -m tests.bench.taps $(ARGS)

# A year of 12 groups x 200 people at each level; see docs/bench-year.md.
bench-year: dev
	@$(BIN)/python -m tests.bench.rehearsal $(ARGS)

# Half an hour of load on a real process, and a simulated year; writes docs/soak.md.
soak: dev
	@$(BIN)/python -m tests.bench.soak $(ARGS)

# Ten minutes of atheris for each parser (or FUZZ="head roster", SECONDS=60); finds: .fuzz/find-*.
FUZZ    ?= signed head frame roster callback
SECONDS ?= 600
fuzz: dev
	@$(PIP) install --require-hashes --target .fuzz/atheris -r tests/fuzz/requirements.txt
	@for t in $(FUZZ); do mkdir -p .fuzz/$$t && PYTHONPATH=.:.fuzz/atheris nice $(BIN)/python \
	  -m tests.fuzz.run $$t .fuzz/$$t tests/fuzz/corpus/$$t -max_total_time=$(SECONDS) \
	  -max_len=20000 -timeout=20 -artifact_prefix=.fuzz/find-$$t- || exit 1; done

# Published clients that are no dependency of ours, against a real sandbox; in a folder of their own.
CLIENTS := .sandbox-clients
sandbox-clients: dev
	@test -x $(CLIENTS)/v/bin/python || $(PYTHON) -m venv $(CLIENTS)/v
	@$(CLIENTS)/v/bin/pip install --quiet wecom-aibot-python-sdk==1.0.2 wecom-aibot-sdk==1.0.8
	@cd $(CLIENTS) && npm install --silent --no-save @wecom/aibot-node-sdk@1.0.7
	@SANDBOX_CLIENTS=$(abspath $(CLIENTS)) $(BIN)/pytest -m nightly tests/sandbox/clients $(ARGS)

# The handbook as pages for a browser, from a disk or a stick; its tool in a folder of its own.
HANDBOOK := .venv-handbook
handbook: $(HANDBOOK)/.ready
	@$(HANDBOOK)/bin/python docs/make_handbook.py
	@echo "The handbook: build/handbook/index.html"

$(HANDBOOK)/.ready: docs/site/requirements.txt
	@test -x $(HANDBOOK)/bin/python || $(PYTHON) -m venv $(HANDBOOK)
	@echo "Preparing $(HANDBOOK) (once) ..."
	@$(HANDBOOK)/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r docs/site/requirements.txt
	@touch $@

# One file that pip, pipx or uv install; the starter texts and schedules are in it.
wheel: venv
	@$(PIP) wheel --no-deps --no-build-isolation -w build .

# Folders that need no network, no Python and no index where they run (docs/operate/install.md).
bundle: dev
	@$(BIN)/python deploy/bundle.py linux-x86_64
bundle-aarch64: dev
	@$(BIN)/python deploy/bundle.py linux-aarch64
bundle-windows: dev
	@$(BIN)/python deploy/bundle.py windows-amd64

# The supply chain: kept tools, locked as well, in a folder of their own.
SUPPLY := $(VENV)-supply
$(SUPPLY)/.ready: deploy/supply.lock
	@test -x $(SUPPLY)/bin/python || $(PYTHON) -m venv $(SUPPLY)
	@$(SUPPLY)/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r deploy/supply.lock
	@touch $@

# The words before the table stay.
licences: venv $(SUPPLY)/.ready
	@mkdir -p build
	@{ sed '/^| /,$$d' docs/operate/third-party.md; \
	   $(SUPPLY)/bin/pip-licenses --python $(BIN)/python --from mixed --format markdown \
	     --packages $$(grep -oE '^[A-Za-z0-9._-]+==' requirements.lock | tr -d =); } > build/third-party.md
	@mv build/third-party.md docs/operate/third-party.md

sbom: $(SUPPLY)/.ready
	@mkdir -p build
	@$(SUPPLY)/bin/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
	  --mc-type application --of JSON --sv 1.6 --validate -o build/sbom.json

# Known faults of what is locked; asks the index's list of them, so it needs the network.
audit: $(SUPPLY)/.ready
	@$(SUPPLY)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock

# All locks carry hashes and no index address; the runtime's versions are those that were tested.
LOCK := --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host \
        --no-emit-find-links --allow-unsafe --strip-extras --no-header
lock:
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet pip-tools
	$(VENV)-lock/bin/pip-compile $(LOCK) --extra dev --extra build -o requirements-dev.lock pyproject.toml
	$(VENV)-lock/bin/pip-compile $(LOCK) --extra build -c requirements-dev.lock -o requirements.lock pyproject.toml
	$(VENV)-lock/bin/pip-compile $(LOCK) --extra build --extra postgres -c requirements-dev.lock -o requirements-postgres.lock pyproject.toml
	$(VENV)-lock/bin/pip-compile $(LOCK) -c requirements-dev.lock -o docs/site/requirements.txt docs/site/requirements.in
	$(VENV)-lock/bin/pip-compile $(LOCK) --no-annotate -o deploy/supply.lock deploy/supply.in
	@rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(SUPPLY) $(HANDBOOK) build .mypy_cache .ruff_cache .pytest_cache
