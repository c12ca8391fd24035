"""How much of the evaluation texts the training texts hold.

    python overlap.py DATA [--keep PAIRS.jsonl.gz]

For every set: how many of its texts stand in the training pairs exactly (the
same letters), how many share a window of 30 letters with a training text, and
how many have a near-duplicate there: a training text of which they hold at
least 70 % of the runs of five letters, or that holds as much of theirs. Texts
of less than twelve letters are compared exactly only, and those of more than
400 runs by windows only.

With --keep, the pairs without any such text are written to PAIRS.jsonl.gz.
"""

import argparse
import collections
import gzip
import json
import os

from data import read_jsonl, read_pairs
from text import words

WINDOW, RUN, SHORT, LONG, NEAR, COMMON = 30, 5, 12, 400, 0.7, 300


def letters(text):
    return "".join(words(text))


def runs(text, length):
    return {hash(text[i : i + length]) for i in range(len(text) - length + 1)}


class Evaluation:
    """The evaluation texts, found again in others."""

    def __init__(self, data):
        self.sets = {}
        for name in sorted(os.listdir(os.path.join(data, "eval"))):
            for part in ("queries", "corpus"):
                rows = read_jsonl(os.path.join(data, "eval", name, part + ".jsonl"))
                self.sets[f"{name} {part}"] = [letters(r["text"]) for r in rows]
        for name in sorted(os.listdir(os.path.join(data, "sts"))):
            with open(os.path.join(data, "sts", name)) as f:
                rows = [l.rstrip("\n").split("\t")[1:] for l in f]
            self.sets[name.removesuffix(".tsv") + " sentences"] = [letters(s) for r in rows for s in r]
        self.texts = sorted({t for group in self.sets.values() for t in group} - {""})
        self.windows, self.index = collections.defaultdict(list), collections.defaultdict(list)
        self.runs, self.place = [()] * len(self.texts), {t: k for k, t in enumerate(self.texts)}
        for k, t in enumerate(self.texts):
            for w in runs(t, WINDOW):
                self.windows[w].append(k)
            own = runs(t, RUN)
            if len(t) >= SHORT and len(own) <= LONG:
                self.runs[k] = own
                for r in own:
                    self.index[r].append(k)

    def find(self, text):
        """The evaluation texts that text repeats, by kind: exact, window, near."""
        text = letters(text)
        exact = {self.place[text]} if text in self.place else set()
        window = {k for w in runs(text, WINDOW) if w in self.windows for k in self.windows[w]}
        near = set()
        if len(text) >= SHORT:
            shared = collections.Counter()
            for r in runs(text, RUN):
                if r in self.index and len(self.index[r]) < COMMON:
                    shared.update(self.index[r])
            near = {k for k, n in shared.items() if n >= NEAR * len(self.runs[k])}
        return exact, window, near


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("data")
    a.add_argument("--keep", help="file for the pairs that repeat nothing")
    args = a.parse_args()
    evaluation, pairs = Evaluation(args.data), read_pairs(args.data)
    found, repeated = (set(), set(), set()), set()
    for t in sorted({p[side] for p in pairs for side in "qp"}):
        for into, some in zip(found, evaluation.find(t)):
            into |= some
            if some and len(letters(t)) >= 8:
                repeated.add(t)
    print("| set | texts | exact | window | near |\n| --- | --- | --- | --- | --- |")
    for name, group in evaluation.sets.items():
        places = [evaluation.place.get(t) for t in group]
        print(f"| {name} | {len(group)} | " + " | ".join(str(sum(k in f for k in places)) for f in found) + " |")
    if args.keep:
        kept = [p for p in pairs if p["q"] not in repeated and p["p"] not in repeated]
        with gzip.open(args.keep, "wt") as f:
            f.writelines(json.dumps(p, ensure_ascii=False) + "\n" for p in kept)
        print(f"\n{len(kept)} of {len(pairs)} pairs kept")


if __name__ == "__main__":
    main()
