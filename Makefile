# One command starts it: `make demo`. One command proves it: `make test`.
# A machine needs only Python >= 3.11 (with venv) and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.9
STAMP  := $(VENV)/.installed

.PHONY: guides words install demo test lint types bench bench-paper bench-paper-long attacks fuzz wapiti audit-packages clean

install: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hocba needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(BIN)/uv sync --quiet --frozen --all-extras --all-groups --python $(BIN)/python
	@touch $@

demo: install
	$(BIN)/hocba demo

test: install
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -c pyproject.toml -r verify portal

types: install
	$(BIN)/mypy

# make bench [NAME ...] [SIZE=N]
bench: install
	$(BIN)/python -m bench $(NAMED) $(if $(SIZE),--size $(SIZE))

# Photos of paper, half of them altered, by condition: ours, the code alone, Tesseract (apt: tesseract-ocr-vie). An hour.
bench-paper: install
	OPENBLAS_NUM_THREADS=1 OMP_THREAD_LIMIT=1 $(BIN)/python -m bench.paper --pages 1080 --tesseract 100

bench-paper-long: install
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.paper --pages 6000

# The table of attacks: attack, outcome, and what an operator reads.
attacks: install
	$(BIN)/python -m tests.attacks

# 20,000 spoiled inputs for every parser that a stranger reaches: how each kind ended. make fuzz [N=20000] [SEED=S]
fuzz: install
	$(BIN)/python -m tests.fuzz $(if $(N),--count $(N)) $(if $(SEED),--seed $(SEED))

# Wapiti against a demo portal on this machine, signed out and in; reports in tests/output/wapiti. make wapiti [MINUTES=5]
# It pins much, so it has an environment of its own.
wapiti: install .tools/bin/wapiti
	$(BIN)/python -m tests.portal.attacks.wapiti --wapiti .tools/bin/wapiti $(if $(MINUTES),--minutes $(MINUTES))

.tools/bin/wapiti:
	$(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check wapiti3==3.2.3

# Known holes of the locked packages (asks PyPI).
audit-packages: install
	test -x .tools/bin/pip-audit || { $(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	$(BIN)/uv export --quiet --frozen --all-extras --no-dev --no-emit-project -o .tools/requirements.txt
	.tools/bin/pip-audit --require-hashes --disable-pip -r .tools/requirements.txt

# The pictures of the guides, taken again from a running demo portal (Chromium). make guides [NAME=van-thu-nhap]
guides: install
	$(BIN)/python -m tests.pictures $(NAME)

# Bring translations/en up to date with the words of the source; prints how many are missing, by area.
words: install
	$(BIN)/python -m tests.words

ifeq (bench,$(firstword $(MAKECMDGOALS)))
NAMED := $(wordlist 2,99,$(MAKECMDGOALS))
.PHONY: $(NAMED)
$(NAMED):
	@:
endif

clean:
	rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/output
