"""Writes what Hugging Face tokenizers makes of the cases: the Go tests compare.

    python train.py DIR && python goldens.py DIR --cases 1200
    python goldens.py DIR --cases 40000 --codepoints [--corpus FILE]

DIR/cases.jsonl.gz has one JSON string a line: base64 of the text's bytes.
DIR/NAME.ids.gz has, for NAME.json, one JSON array of ids a line, with special
tokens; DIR/NAME.cut.gz the same cut to 16 ids.
"""

import argparse
import base64
import glob
import gzip
import json
import os

import tokenizers
from tokenizers import Tokenizer

import corpus


def gz(path):
    return gzip.GzipFile(path, "wb", mtime=0, compresslevel=9)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("--cases", type=int, default=1200)
    ap.add_argument("--seed", type=int, default=2)
    ap.add_argument("--codepoints", action="store_true")
    ap.add_argument("--corpus", help="lines of text to compare as well")
    ap.add_argument("--compress", action="store_true", help="gzip the tokenizer.json files")
    args = ap.parse_args()
    cases = corpus.cases(args.cases, args.seed)
    if args.codepoints:
        cases += list(corpus.every_codepoint())
    if args.corpus:
        cases += [l.rstrip(b"\n") for l in open(args.corpus, "rb")]
    with gz(f"{args.dir}/cases.jsonl.gz") as f:
        for c in cases:
            f.write(json.dumps(base64.b64encode(c).decode()).encode() + b"\n")
    texts = [c.decode("utf-8", "replace") for c in cases]
    for path in sorted(glob.glob(f"{args.dir}/*.json")):
        name = path[:-len(".json")]
        tok = Tokenizer.from_file(path)
        tok.no_truncation()
        tok.no_padding()
        with gz(name + ".ids.gz") as f:
            for i in range(0, len(texts), 1000):
                for e in tok.encode_batch(texts[i:i + 1000]):
                    f.write(json.dumps(e.ids, separators=(",", ":")).encode() + b"\n")
        tok.enable_truncation(16)
        with gz(name + ".cut.gz") as f:
            for e in tok.encode_batch(texts[:200]):
                f.write(json.dumps(e.ids, separators=(",", ":")).encode() + b"\n")
        if args.compress:
            with gz(path + ".gz") as f:
                f.write(open(path, "rb").read())
            os.remove(path)
        print(os.path.basename(name), len(cases), "cases, tokenizers", tokenizers.__version__)


main()
