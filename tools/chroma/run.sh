#!/usr/bin/env bash
# Runs the suites of langchain-chroma and of chromadb's client against frony-db serve --compat chroma,
# what Open WebUI and Dify do with that client, and in js/ Chroma's JavaScript client and what n8n does with it.
# CACHE is where their environments and the server's database are kept. A test that fails and is not
# in expected.txt is an error.
set -euo pipefail
cd "$(dirname "$0")"
cache=${CACHE:-$PWD/.cache}
mkdir -p "$cache"
for suite in langchain api; do
  if ! cmp -s "requirements-$suite.txt" "$cache/$suite/requirements.txt"; then
    rm -rf "${cache:?}/$suite"
    python3 -m venv "$cache/$suite"
    "$cache/$suite/bin/pip" install -q -r "requirements-$suite.txt"
    cp "requirements-$suite.txt" "$cache/$suite/requirements.txt"
  fi
done
export OPEN_WEBUI="$cache/open-webui-0.12.4"
if [ ! -d "$OPEN_WEBUI/open_webui" ]; then
  "$cache/langchain/bin/pip" download -q --no-deps --ignore-requires-python -d "$cache" open-webui==0.12.4
  "$cache/langchain/bin/python" - "$cache"/open_webui-0.12.4-*.whl "$OPEN_WEBUI" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith("open_webui/retrieval/vector/")])
PYTHON
  rm -f "$cache"/open_webui-0.12.4-*.whl
fi
CGO_ENABLED=0 go build -C ../.. -trimpath -o "$cache/frony-db" ./cmd/frony-db

data=$(mktemp -d)
"$cache/frony-db" serve --db "$data/db" --addr 127.0.0.1:0 --compat chroma-reset --json >"$data/url" 2>"$data/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 100); do [ -s "$data/url" ] && break; sleep 0.1; done
CHROMA_SERVER_HTTP_PORT=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["url"].rsplit(":")[-1].strip("/"))' "$data/url")
export CHROMA_SERVER_HTTP_PORT CHROMA_SERVER_HOST=127.0.0.1 CHROMA_INTEGRATION_TEST_ONLY=1 ANONYMIZED_TELEMETRY=False

"$cache/langchain/bin/python" -m pytest -q -p no:cacheprovider -o asyncio_mode=auto test_langchain.py test_dify.py test_openwebui.py
(cd js && npm ci --no-audit --no-fund && FRONYDB_BIN="$cache/frony-db" npm test)

"$cache/api/bin/python" -m pytest -q -p no:cacheprovider --tb=short --pyargs chromadb.test.test_api >"$cache/api.txt" 2>&1 || true
tail -n 1 "$cache/api.txt"
grep -Eq '[0-9]+ passed' "$cache/api.txt" || { tail -n 40 "$cache/api.txt"; exit 1; }
if sed -nE 's/^(FAILED|ERROR) .*::([a-z0-9_]+).*/\2/p' "$cache/api.txt" | sort -u | grep -vxFf <(grep -v '^#' expected.txt); then
  echo "these are new; see $cache/api.txt"
  exit 1
fi
