"""Accuracy on the evaluation sets, of the exported weights file.

    python evaluate.py DATA ../../embedder/builtin/model.bin

Exact search over every query. A query counts at k when a relevant passage is
among the k nearest by cosine. Titles are not embedded.
"""

import os
import struct
import sys

import numpy as np
from scipy.stats import spearmanr

from data import read_jsonl
from features import Features

CROSS = ("fastapi_ko2en", "jhe_en2ko", "jhe_ko2en", "news_en2ko", "news_ko2en", "stsb_en2ko", "stsb_ko2en",
         "tatoeba_en2ko", "tatoeba_ko2en", "tldr_ko2en")  # fmt: skip


class Sets:
    """The evaluation sets as bags; read once, used after every stage."""

    def __init__(self, data, features):
        self.retrieval, self.sts = {}, {}
        for name in sorted(os.listdir(os.path.join(data, "eval"))):
            folder = os.path.join(data, "eval", name)
            corpus, queries = (read_jsonl(os.path.join(folder, f)) for f in ("corpus.jsonl", "queries.jsonl"))
            place = {c["id"]: i for i, c in enumerate(corpus)}
            relevant = {}
            with open(os.path.join(folder, "qrels.tsv")) as f:
                for line in f:
                    q, c, _ = line.rstrip("\n").split("\t")
                    relevant.setdefault(q, set()).add(place[c])
            self.retrieval[name] = (
                features.bags([c["text"] for c in corpus]),
                features.bags([q["text"] for q in queries]),
                [relevant[q["id"]] for q in queries],
            )
        for name in sorted(os.listdir(os.path.join(data, "sts"))):
            with open(os.path.join(data, "sts", name)) as f:
                rows = [l.rstrip("\n").split("\t") for l in f]
            self.sts[name.removesuffix(".tsv")] = (
                [float(r[0]) for r in rows],
                features.bags([r[1] for r in rows]),
                features.bags([r[2] for r in rows]),
            )

    def run(self, embed):
        """embed(bags, role) gives unit vectors; role is 0 for queries, 1 for passages.
        Returns {set: {dims: (@1, @3, @5, @10)}} in percent and {set: Spearman}."""
        accuracy, spearman = {}, {}
        for name, (corpus, queries, relevant) in self.retrieval.items():
            c, q = embed(corpus, 1), embed(queries, 0)
            accuracy[name] = {}
            for dims in (384, 192):
                head = c[:, :dims] / np.maximum(1e-9, np.linalg.norm(c[:, :dims], axis=1, keepdims=True))
                scores = q[:, :dims] @ head.T
                top = np.argpartition(-scores, 10, axis=1)[:, :10]
                order = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1), 1)
                rank = np.array([min((r for r, x in enumerate(o) if x in rel), default=99)
                                 for o, rel in zip(order.tolist(), relevant)])  # fmt: skip
                accuracy[name][dims] = tuple(100 * float(np.mean(rank < k)) for k in (1, 3, 5, 10))
        for name, (gold, a, b) in self.sts.items():
            spearman[name] = float(spearmanr(gold, (embed(a, 0) * embed(b, 0)).sum(1)).statistic)
        return accuracy, spearman


def summary(accuracy, spearman):
    at10 = {n: a[384][3] for n, a in accuracy.items()}
    cross = np.mean([at10[n] for n in CROSS])
    half = np.mean([a[384][3] - a[192][3] for a in accuracy.values()])
    some = ("korquad_dev", "squad_dev", "tldr_ko", "fastapi_ko", "fastapi_ko2en", "news_ko2en", "news_en2ko")
    return (f"cross @10 {cross:.1f}, " + ", ".join(f"{n} {at10[n]:.1f}" for n in some)
            + f", half loses {half:.1f}, korsts_test {spearman['korsts_test']:.3f}")  # fmt: skip


def read_weights(path):
    with open(path, "rb") as f:
        blob = f.read()
    pieces, fallback, dims, text = struct.unpack("<4I", blob[8:24])
    assert blob[:8] == b"FRNYBAG1"
    at, rows = 24 + text, pieces + fallback
    names = blob[24:at].decode().rstrip("\n").split("\n")
    scores = np.frombuffer(blob, "<f4", pieces, at)
    weights = np.frombuffer(blob, "<f4", 2 * rows, at + 4 * pieces).reshape(2, rows)
    codes = np.frombuffer(blob, np.uint8, rows * dims, at + 4 * pieces + 8 * rows).reshape(rows, dims)
    return Features(names, scores, fallback), weights, codes.astype(np.float32) - 128


def main(data, path):
    from kernels import forward

    features, weights, table = read_weights(path)
    logs = np.log(weights)

    def embed(bags, role):
        offsets, ids, counts = bags
        out = np.empty((len(offsets) - 1, table.shape[1]), np.float32)
        forward(offsets, ids, np.sqrt(counts), table, logs[role], out)
        return out / np.maximum(1e-9, np.linalg.norm(out, axis=1, keepdims=True))

    accuracy, spearman = Sets(data, features).run(embed)
    print("| set | @1 | @3 | @5 | @10 | half @1 | half @10 |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, a in accuracy.items():
        print(f"| {name} | " + " | ".join(f"{x:.1f}" for x in (*a[384], a[192][0], a[192][3])) + " |")
    print("\n| STS | Spearman |\n| --- | --- |")
    for name, s in spearman.items():
        print(f"| {name} | {s:.3f} |")
    print("\n" + summary(accuracy, spearman))


if __name__ == "__main__":
    main(*sys.argv[1:])
