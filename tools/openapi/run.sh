#!/usr/bin/env bash
# Generates clients from the description of a server and lets each use it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cache=${CACHE:-$here/.cache}
trap 'kill "${pid:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

python() { # the packages, once for each list of them
  cmp -s "$here/requirements.txt" "$cache/venv/installed" && return
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$cache/venv/installed"
}
python & installing=$!
export GOBIN=$cache/bin GOFLAGS=-mod=mod
go -C "$here/../.." build -mod=readonly -o "$work/frony-db" ./cmd/frony-db
[ -x "$GOBIN/oapi-codegen" ] || go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
[ -x "$GOBIN/ogen" ] || go install github.com/ogen-go/ogen/cmd/ogen@v1.25.0
wait "$installing"

cd "$work"
./frony-db serve --db db --addr 127.0.0.1:0 2>log & pid=$!
for _ in $(seq 100); do url=$(grep -o 'http://[0-9.:]*' log | head -1) && curl -fs "$url/readyz" >/dev/null && break; sleep 0.1; done
curl -fs "$url/openapi.json" >api.json
curl -fs "$url/openapi-3.0.json" >old.json

cat >overrides.yaml <<'Y'
content_type_overrides:
  application/x-ndjson: application/octet-stream
Y
"$cache/venv/bin/openapi-python-client" generate --path api.json --config overrides.yaml --output-path python --meta none >/dev/null 2>&1 || true
mkdir -p tmp && [ -d python/frony_db_client ] || { mv python tmp/frony_db_client; mv tmp python; }
"$cache/venv/bin/python" "$here/client.py" "$url"

mkdir -p oapi ogen cmd/oapi cmd/ogen
cp "$here/oapi.go.txt" cmd/oapi/main.go
cp "$here/ogen.go.txt" cmd/ogen/main.go
"$GOBIN/oapi-codegen" -generate types,client -package oapi -o oapi/client.go old.json
"$GOBIN/ogen" --target ogen --package ogen --clean old.json >/dev/null 2>ogen.log || { cat ogen.log; exit 1; }
printf 'module clients\n\ngo 1.26\n' >go.mod
go mod tidy >/dev/null 2>&1
go run ./cmd/oapi "$url"
go run ./cmd/ogen "$url"

"$cache/venv/bin/schemathesis" run api.json --url "$url" --seed 1 --max-examples 15 --phases examples,coverage,fuzzing \
  --exclude-operation-id upload-documents \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance >schemathesis.log 2>&1 ||
  { tail -80 schemathesis.log; exit 1; }
grep -E '^  [0-9]+ generated' schemathesis.log
