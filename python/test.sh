#!/usr/bin/env bash
# Installs what the tests of the Python package need into CACHE/venv, and runs all of them.
set -euo pipefail
cd "$(dirname "$0")"
cache=${CACHE:-$PWD/.cache}
mkdir -p "$cache"

command -v python3 >/dev/null || { apt-get update -q && apt-get install -yq --no-install-recommends python3 python3-venv; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "test-python needs Python 3.11 or newer"; exit 1; }
if ! cmp -s requirements-dev.txt "$cache/venv/requirements-dev.txt"; then
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q -r requirements-dev.txt
  cp requirements-dev.txt "$cache/venv/"
fi
CGO_ENABLED=0 go build -C .. -trimpath -o "$cache/frony-db" ./cmd/frony-db

export PATH=$cache/venv/bin:$PATH FRONYDB_BINARY=$cache/frony-db PYTHONPATH=$PWD/src
export HAYSTACK_TELEMETRY_ENABLED=false
ruff format -q --check . || { ruff format --diff . ; exit 1; }
ruff check -q .
mypy
python -m pytest "$@"
