"""Trains the embedded default model.

    python train.py DATA RUN [--epochs N] [--seed N]

DATA holds train/pairs.jsonl.gz; with eval/ and sts/ beside it, progress is
measured on them, and nothing is ever learned from them. RUN is a folder for
the vocabulary and the model; export.py makes the weights file of it. One core
is used, and the same seed gives the same model.
"""

import argparse
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

import evaluate
import kernels
import vocab
from batches import Batches
from data import groups, read_pairs
from features import Features, grams
from teacher import Teacher

DIMS, HEAD = 384, 192
REFRESH = 60  # steps between two looks for hard negatives


def select(bags, texts):
    """The bags of some texts."""
    offsets, ids, counts = bags
    lengths = offsets[texts + 1] - offsets[texts]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(starts[-1]) + np.repeat(offsets[texts] - starts[:-1], lengths)
    return starts, ids[at], counts[at]


def unit(x):
    return x / np.maximum(1e-9, np.linalg.norm(x, axis=1, keepdims=True))


class Model:
    """Own vectors of the features, vectors of the parts they share with others,
    log weights, and how the roles differ in them."""

    def __init__(self, features, bags, rng, own_scale, part_scale):
        rows = features.rows
        lists = [grams(p) for p in features.pieces] + [[]] * features.fallback
        names = {}
        for parts in lists:
            for p in parts:
                names[p] = names.get(p, 0) + 1
        names = {p: i for i, p in enumerate(p for p, n in names.items() if n > 1)}
        lists = [[names[p] for p in parts if p in names] for parts in lists]
        self.part_offsets = np.cumsum([0] + [len(p) for p in lists]).astype(np.int64)
        self.part_ids = np.array([p for parts in lists for p in parts], np.int32)
        self.part_scale = (1 / np.sqrt(np.maximum(1, np.diff(self.part_offsets)))).astype(np.float32)

        def normal(n, scale):
            return (rng.standard_normal((n, DIMS)) * scale / np.sqrt(DIMS)).astype(np.float32)

        self.own, self.parts = normal(rows, own_scale), normal(len(names), part_scale)
        self.table = self.own.copy()
        self.df = np.bincount(bags[1], minlength=rows)
        self.idf = np.maximum(0.3, np.log((len(bags[0]) - 1) / (1.0 + self.df)))
        self.weights = np.log(self.idf / 8).astype(np.float32)
        self.roles = np.zeros((2, rows), np.float32)
        zeros = np.zeros_like
        self.moments = {n: (zeros(x), zeros(x)) for n, x in
                        (("own", self.own), ("parts", self.parts), ("weights", self.weights), ("roles", self.weights))}  # fmt: skip
        self.part_grad, self.touched = zeros(self.parts), np.zeros(len(names), bool)
        self.seen, self.stamp = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        self.state = np.array([rng.integers(1, 1 << 62)], np.uint64)
        self.steps = 0

    def compose(self, ids):
        kernels.compose(ids, self.seen, self.steps, self.own, self.parts, self.part_offsets, self.part_ids,
                        self.part_scale, self.table)  # fmt: skip

    def finished(self):
        """The table with every row up to date."""
        self.steps += 1
        self.compose(np.arange(len(self.own), dtype=np.int32))
        return self.table

    def embed(self, bags, role, table):
        """Unit vectors of bags in role, 0 for queries and 1 for passages."""
        out = np.empty((len(bags[0]) - 1, DIMS), np.float32)
        kernels.forward(bags[0], bags[1], np.sqrt(bags[2]), table, self.weights + self.roles[role], out)
        return unit(out)

    def step(self, bags, batch, targets, heads, temperature, pull, rates):
        """One step of training; returns the contrastive loss. Targets are the
        teacher's vectors of the two sides, None without a teacher."""
        self.steps += 1
        group, heard, *sides = batch
        built = [kernels.build(*s[:2], *bags, s[2], self.state, self.stamp) for s in sides]
        outs = []
        for role, (offsets, ids, coefs) in enumerate(built):
            self.compose(ids)
            outs.append(np.empty((len(group), DIMS), np.float32))
            kernels.forward(offsets, ids, coefs, self.table, self.weights + self.roles[role], outs[-1])
        loss, grads = 0.0, [np.zeros_like(x) for x in outs]
        t = np.float32(temperature)
        for dims, share in heads:
            norms = [np.sqrt((x[:, :dims] ** 2).sum(1, keepdims=True)) + 1e-6 for x in outs]
            q, p = (x[:, :dims] / n for x, n in zip(outs, norms))
            scores = (q @ p.T) / t
            back = np.ascontiguousarray(scores.T)
            half = np.float32(share / 2)
            loss += share / 2 * kernels.softmax(scores, half, group, group)
            loss += share / 2 * kernels.softmax(back, half, group, group)
            scores += back.T
            scores /= t
            for side, (x, g, n) in enumerate(((q, scores @ p, norms[0]), (p, scores.T @ q, norms[1]))):
                if targets is not None:  # the gradient of -cosine, before it is made to keep lengths
                    g -= share * pull / len(group) * heard[:, None] * unit(targets[side][:, :dims])
                grads[side][:, :dims] += (g - x * (g * x).sum(1, keepdims=True)) / n
        (qo, qi, qc), (po, pi, pc) = built
        m = self.moments
        kernels.backward(
            np.concatenate([qo, po[1:] + qo[-1]]), np.concatenate([qi, pi]), np.concatenate([qc, pc]),
            np.concatenate(grads), self.table, self.own, *m["own"], self.parts, *m["parts"], self.part_offsets,
            self.part_ids, self.part_scale, self.part_grad, self.touched, self.weights, *m["weights"], self.roles,
            *m["roles"], np.array(rates, np.float32), self.steps,
        )  # fmt: skip
        return loss


def whiten(table, weight, power):
    """Partial whitening, head first.

    Training leaves the table with a few directions that most texts share, so
    that rare words, on which search for names and numbers rests, differ in few
    dimensions. Covariance C of the rows, weighted by use, is flattened by
    C^-power. The head is whitened by itself, so that it stays an embedding of
    its own; the tail loses what the head predicts of it, and is whitened then.
    """
    use = table * weight[:, None]

    def flat(rows, used):
        c = used.T @ used
        values, vectors = np.linalg.eigh(c / (np.trace(c) / len(c)))
        out = rows @ (vectors * np.maximum(values, 1e-3) ** -power) @ vectors.T
        return out, np.linalg.norm(used) / np.linalg.norm(out * weight[:, None])

    head, tail, used_head, used_tail = table[:, :HEAD], table[:, HEAD:], use[:, :HEAD], use[:, HEAD:]
    c = used_head.T @ used_head
    predict = np.linalg.solve(c + 1e-3 * np.trace(c) / HEAD * np.eye(HEAD), used_head.T @ used_tail)
    new_head, scale = flat(head, used_head)
    rest = tail - head @ predict
    new_tail, _ = flat(rest, rest * weight[:, None])
    tail_scale = np.linalg.norm(used_tail) / np.linalg.norm(new_tail * weight[:, None])
    return np.concatenate([new_head * scale, new_tail * tail_scale], axis=1).astype(np.float32)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("data")
    a.add_argument("run")
    a.add_argument("--pieces", type=int, default=47000, help="vocabulary size, three control pieces included")
    a.add_argument("--epochs", type=float, default=3)
    a.add_argument("--batch", type=int, default=1024)
    a.add_argument("--temperature", type=float, default=0.1)
    a.add_argument("--mined", type=float, default=0.3, help="share of a batch that is mined, after the first quarter")
    a.add_argument("--head", type=float, default=2.5, help="weight of the loss over the first 192 dims")
    a.add_argument("--rates", type=float, nargs=4, default=(0.004, 0.01, 0.005, 0.005),
                   help="of own vectors, parts, weights, roles")  # fmt: skip
    a.add_argument("--init", type=float, nargs=2, default=(2, 0.3), help="norms of own vectors and of parts")
    a.add_argument("--whiten", type=float, default=0.3, help="power of the partial whitening")
    a.add_argument("--flatten", type=float, default=0.3, help="power of the IDF that weights lose after training")
    a.add_argument("--pull", type=float, default=4, help="weight of the teacher's loss; 0: no teacher")
    a.add_argument("--spectrum", type=float, default=0.35, help="power by which the teacher's spectrum is flattened")
    a.add_argument("--seed", type=int, default=0)
    args = a.parse_args()
    os.makedirs(args.run, exist_ok=True)
    rng = np.random.default_rng(args.seed)

    pairs = read_pairs(args.data)
    texts = [p["q"] for p in pairs] + [p["p"] for p in pairs]
    if not os.path.exists(os.path.join(args.run, "vocab.txt")):
        vocab.train(texts, args.pieces, args.run)
    features = Features.load(os.path.join(args.run, "vocab.txt"))
    bags = features.bags(texts)
    sets = evaluate.Sets(args.data, features) if os.path.isdir(os.path.join(args.data, "eval")) else None
    model = Model(features, bags, rng, *args.init)
    batches = Batches(pairs, groups(pairs), args.batch, rng, mined=args.mined)
    teacher = Teacher(args.data, pairs, args.spectrum) if args.pull > 0 else None
    print(f"{len(pairs)} pairs, {features.rows} rows, {len(model.parts)} parts", flush=True)

    def measure(table):
        if sets is None:
            return
        print(evaluate.summary(*sets.run(lambda b, role: model.embed(b, role, table))), flush=True)

    steps, start, losses = int(args.epochs * len(pairs) / args.batch), time.time(), []
    for s in range(1, steps + 1):
        rate = min(1, s / 50) * (1 - s / (steps + 1))  # short warm-up, then linearly to nought
        heads = ((DIMS, 1.0), (HEAD, args.head))
        if args.mined > 0 and s > steps // 4 and (s - steps // 4) % REFRESH == 1:
            table = model.finished()
            batches.look(lambda texts, role: unit(model.embed(select(bags, texts), role, table)[:, :HEAD]))
        batch = batches.draw()
        targets = teacher and [teacher.side(*side[:2]) for side in batch[2:]]
        rates = [r * rate for r in args.rates]
        losses.append(model.step(bags, batch, targets, heads, args.temperature, args.pull, rates))
        if s % 100 == 0:
            print(f"step {s} of {steps}, loss {np.mean(losses[-100:]):.3f}, {time.time() - start:.0f} s", flush=True)
    table = model.finished().copy()
    measure(table)
    used = np.exp(model.weights) * np.sqrt(model.df)
    table = whiten(table, used, args.whiten)
    model.weights -= (args.flatten * np.log(model.idf / np.median(model.idf))).astype(np.float32)
    measure(table)
    weights = model.weights + model.roles
    # Characters that training never saw weigh as much as a rare piece does.
    unseen = model.df == 0
    norms = np.linalg.norm(table, axis=1)
    table[unseen] *= (np.median(norms[~unseen]) / np.maximum(norms[unseen], 1e-6))[:, None]
    np.savez(os.path.join(args.run, "model.npz"), rows=table, weights=weights)
    print("wrote", os.path.join(args.run, "model.npz"), " ".join(sys.argv[1:]))


if __name__ == "__main__":
    main()
