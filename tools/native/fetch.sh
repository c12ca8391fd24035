#!/bin/sh
# fetch.sh URL DIR downloads an archive, compares its SHA-256 with the one that
# archives.sha256 has for its name, and unpacks it into DIR. With RECORD=1 it
# writes the sum down instead: for those who can verify it in another way.
set -eu
url=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
sums=${SUMS:-$here/archives.sha256}
name=$(basename "$url")
file=$(mktemp)
trap 'rm -f "$file"' EXIT
curl -fsSL --retry 3 -o "$file" "$url" || { echo "$url can't be downloaded" >&2; exit 1; }
sum=$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)
want=$(awk -v n="$name" '$2 == n { print $1 }' "$sums")
if [ "${RECORD:-}" = 1 ]; then
	{ awk -v n="$name" '$2 != n' "$sums"; echo "$sum  $name"; } >"$sums.new"
	mv "$sums.new" "$sums"
elif [ -z "$want" ]; then
	echo "$sums has no SHA-256 of $name: compare $sum with what its publisher says, then run 'make -C tools/native record', or use NATIVE_SOURCE=registry" >&2
	exit 1
elif [ "$sum" != "$want" ]; then
	echo "$name has SHA-256 $sum, want $want" >&2
	exit 1
fi
mkdir -p "$dir"
tar xzf "$file" -C "$dir"
