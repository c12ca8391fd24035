"""How much of the evaluation texts the training texts hold.

    python overlap.py DATA

For every set: how many of its texts stand in the training pairs exactly (the
same words), and how many have a near-duplicate there: a training text that
holds at least 80 % of the text's runs of eight letters. Texts of less than
twenty letters are compared exactly only; nearly all of them share such runs
with something.
"""

import collections
import os
import sys
import zlib

from data import read_jsonl, read_pairs
from text import words

RUN, SHORT, NEAR = 8, 20, 0.8


def runs(letters):
    return {zlib.crc32(letters[i : i + RUN].encode()) for i in range(len(letters) - RUN + 1)}


def main(data):
    train = sorted({" ".join(words(p[side])) for p in read_pairs(data) for side in "qp"})
    exact = set(train)
    wanted = collections.defaultdict(list)  # run → texts of the evaluation
    sets, texts = {}, {}
    for name in sorted(os.listdir(os.path.join(data, "eval"))):
        for part in ("queries", "corpus"):
            rows = read_jsonl(os.path.join(data, "eval", name, part + ".jsonl"))
            sets[name, part] = [" ".join(words(r["text"])) for r in rows]
    for name in sorted(os.listdir(os.path.join(data, "sts"))):
        with open(os.path.join(data, "sts", name)) as f:
            sets[name, "sentences"] = [" ".join(words(s)) for l in f for s in l.rstrip("\n").split("\t")[1:]]
    for group in sets.values():
        for t in group:
            letters = t.replace(" ", "")
            if t not in texts and len(letters) >= SHORT:
                texts[t] = runs(letters)
                for r in texts[t]:
                    wanted[r].append(t)
    near = set()
    for t in train:
        found = collections.Counter(x for r in runs(t.replace(" ", "")) if r in wanted for x in wanted[r])
        near.update(x for x, n in found.items() if n >= NEAR * len(texts[x]))
    print("| set | texts | exact | near |\n| --- | --- | --- | --- |")
    for (name, part), group in sets.items():
        a = sum(t in exact for t in group)
        b = sum(t in near for t in group)
        print(f"| {name} {part} | {len(group)} | {a} | {b} |")


if __name__ == "__main__":
    main(sys.argv[1])
