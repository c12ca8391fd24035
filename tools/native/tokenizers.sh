#!/bin/sh
# tokenizers.sh DIR builds libtokenizers.a in DIR from the Rust source that the
# Go module contains. Its one dependency that is in no registry, a fork of tiktoken
# for other file formats, is replaced by the release in the registry.
set -eu
dir=$1
src=$(cd "$(dirname "$0")/../.." && go mod download -json github.com/daulet/tokenizers | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$src/src" "$src/benches" "$work"
sed 's/^tiktoken-rs = .*/tiktoken-rs = "=0.7.0"/' "$src/Cargo.toml" >"$work/Cargo.toml"
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/name = "tiktoken-rs"/' "$src/Cargo.lock" >"$work/Cargo.lock"
cd "$work"
cargo build --release --quiet
mkdir -p "$dir"
mv target/release/libtokenizers.a "$dir/libtokenizers.a"
