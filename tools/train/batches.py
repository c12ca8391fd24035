"""What a batch is made of."""

import numpy as np

from data import BLOCKS, BOOST, CONTINUOUS, DIRECTED, REPHRASED, TERMS, UNTAUGHT

NEAREST, TAKEN = 400, 100  # how many neighbours of an anchor are looked at, and drawn from
UNTAUGHT_PULL = 0.25  # what is left of the teacher's pull where it knows less
POOL = 150_000  # how many pairs are mined from at a time


class Batches:
    """Draws batches of (query, passage) rows. A row is a list of texts to join
    and the share of features to keep; text i < n is the q side of pair i, text
    n + i its p side.

    Three kinds of row: the pair as it is; a sentence and the paragraph around
    its counterpart (synthetic: neighbouring lines of one document joined); and
    a few words of a text with the paragraph around it. Sources are drawn by
    size to the power of `balance`; a share of the batch is stretches of one
    document, whose rows are each other's hard negatives. Once `look` has vectors
    of the pairs, another share is blocks of pairs that lie near each other.
    """

    def __init__(self, pairs, groups, size, rng, balance=0.5, blocks=0.4, block=32, mined=0.3, near=0.9, context=0.3,
                 denoise=0.15, chat=0.2, drop=0.02):  # fmt: skip
        self.n, self.size, self.rng, self.groups = len(pairs), size, rng, groups
        self.blocks, self.block, self.context, self.denoise, self.drop = blocks, block, context, denoise, drop
        self.mined, self.near, self.vectors = mined, near, None
        source = [p["source"] for p in pairs]
        self.directed = np.array([s.startswith(DIRECTED) for s in source])
        self.continuous = np.array([s in CONTINUOUS for s in source])
        self.of = {s: np.flatnonzero(np.array(source) == s) for s in dict.fromkeys(source)}
        share = {s: len(x) ** balance for s, x in self.of.items()}
        share["chatbot_qa"] *= chat  # replies are not answers
        for s, x in BOOST.items():
            if s in share:
                share[s] *= x
        self.share = np.array(list(share.values()))
        self.share /= self.share.sum()
        step = np.array([BLOCKS.get(s, 0) for s in source])
        end = np.arange(self.n) + step * block
        inside = end < self.n
        same = np.array([inside[i] and source[i] == source[end[i]] for i in range(self.n)])
        self.step, self.starts = step, {s: x[same[x] & (step[x] > 0)] for s, x in self.of.items()}
        self.starts = {s: x for s, x in self.starts.items() if len(x)}
        self.stretch = np.array([len(x) ** balance * BOOST.get(s, 1) for s, x in self.starts.items()])
        self.stretch /= self.stretch.sum()
        self.source = source
        self.doc = [p.get("doc") for p in pairs]
        self.alone = np.array([p["q"] == p["p"] for p in pairs])
        self.taught = np.array([UNTAUGHT_PULL if s.startswith(UNTAUGHT) else 1 for s in source], np.float32)
        self.term = np.array([s in TERMS for s in source])
        self.minable = np.flatnonzero([not s.startswith(REPHRASED + TERMS) for s in source])

    def look(self, embed):
        """Embeds both sides of some pairs anew, by which blocks are mined from now on.
        embed(texts, role) gives unit vectors."""
        self.pool = self.rng.permutation(self.minable)[:POOL]
        self.place = np.full(self.n, -1)
        self.place[self.pool] = np.arange(len(self.pool))
        self.vectors = embed(self.pool, 0), embed(self.pool + self.n, 1)

    def neighbours(self, a):
        """Up to TAKEN pairs whose other side is near one side of pair a of the pool, one of a
        group. What is nearly as near as a's own counterpart may well be right,
        and is left out, as are the sources that say one thing in many ways."""
        one, other = self.vectors[::-1] if self.rng.random() < 0.5 else self.vectors
        scores = other @ one[a]
        scores[scores > self.near * scores[a]] = -1
        top = np.argpartition(-scores, NEAREST)[:NEAREST]
        top = top[np.argsort(-scores[top], kind="stable")]
        top = top[scores[top] > 0]
        pairs = self.pool[top]
        _, first = np.unique(self.groups[pairs], return_index=True)
        pairs = pairs[np.sort(first)][:TAKEN]
        return pairs[self.groups[pairs] != self.groups[self.pool[a]]]

    def mine(self, index, at):
        """Fills index from `at` on with blocks of an anchor and its neighbours. Anchors
        are taken from the end of index, which is drawn like any other row, where the
        pool has them."""
        anchors = [a for a in index[at:][::-1].tolist() if self.place[a] >= 0]
        for a in anchors[: int(self.mined * self.size / self.block)]:
            near = self.neighbours(self.place[a])
            if len(near) < self.block // 8:  # nothing is like it
                continue
            near = self.rng.choice(near, min(self.block - 1, len(near)), replace=False)
            index[at] = a
            index[at + 1 : at + 1 + len(near)] = near
            at += self.block

    def around(self, i, before, after):
        """The indices of up to three neighbours on each side, and i."""
        out = [i]
        for step, count in ((1, after), (-1, before)):
            j = i
            for _ in range(count):
                j += step
                if not 0 <= j < self.n or self.source[j] != self.source[i] or self.doc[j] != self.doc[i]:
                    break
                out.append(j)
        return out

    def draw(self):
        """(groups, how far the teacher is heard, queries, passages); each side is (starts, texts, keep)."""
        rng, n, size = self.rng, self.n, self.size
        counts = rng.multinomial(size, self.share)
        index = np.concatenate([rng.choice(x, c, replace=c > len(x)) for x, c in zip(self.of.values(), counts)])
        index = index[rng.permutation(size)]
        stretches = int(self.blocks * size / self.block)
        starts = list(self.starts.values())
        for k, s in enumerate(rng.choice(len(starts), stretches, p=self.stretch)):
            a = starts[s][rng.integers(len(starts[s]))]
            index[k * self.block : (k + 1) * self.block] = a + np.arange(self.block) * self.step[a]
        if self.vectors is not None:
            self.mine(index, stretches * self.block)
        kind, swap, z = rng.random(size), rng.random(size) < 0.5, rng.random((size, 3))
        queries, passages = [], []
        keep = np.full((2, size), 1 - self.drop, np.float32)
        for b, i in enumerate(index):
            one, other = (n, 0) if swap[b] else (0, n)
            if self.alone[i]:
                near = self.around(i, int(z[b, 0] * 4), int(z[b, 1] * 4)) if self.continuous[i] else [i]
                if len(near) > 1 and kind[b] < 0.5:
                    near = near[1:]  # what stands around a sentence, without it
                elif not self.term[i]:
                    keep[0, b] = 0.25 + 0.5 * z[b, 2]
                queries.append([i])
                passages.append(near)
                continue
            if kind[b] < self.denoise:
                near = self.around(i, int(z[b, 0] * 4), int(z[b, 1] * 4)) if self.continuous[i] else [i]
                queries.append([i + one])
                passages.append([j + one for j in near])
                keep[0, b] = 0.25 + 0.35 * z[b, 2]
            elif kind[b] < self.denoise + self.context and self.continuous[i]:
                queries.append([i + one])
                side = one if z[b, 2] < 0.5 else other
                passages.append([j + side for j in self.around(i, int(z[b, 0] * 4), int(z[b, 1] * 4))])
            elif self.directed[i]:
                queries.append([i])
                passages.append([i + n])
            else:
                queries.append([i + one])
                passages.append([i + other])
        return self.groups[index], self.taught[index], (*pack(queries), keep[0]), (*pack(passages), keep[1])


def pack(lists):
    starts = np.zeros(len(lists) + 1, np.int64)
    starts[1:] = np.cumsum([len(x) for x in lists])
    return starts, np.array([x for l in lists for x in l], np.int64)
