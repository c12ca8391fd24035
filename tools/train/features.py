"""From texts to bags: which rows of the table a text has, and how often."""

import numpy as np

from text import words
from unigram import Unigram

FALLBACK = 256  # rows shared by the characters that no piece covers


def fnv(s):
    h = 14695981039346656037
    for c in s:
        h = ((h ^ ord(c)) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return h


class Features:
    """A vocabulary applied to texts. Rows are pieces first, then fallback rows."""

    def __init__(self, pieces, scores, fallback=FALLBACK):
        self.pieces, self.scores, self.fallback = pieces, scores, fallback
        self.unigram = Unigram(pieces, scores)
        self.rows = len(pieces) + fallback
        self.cache = {}

    @classmethod
    def load(cls, path):
        with open(path) as f:
            lines = [l.rstrip("\n").split("\t") for l in f]
        return cls([l[0] for l in lines], [float(np.float32(l[1])) for l in lines])

    @staticmethod
    def words(text):
        return words(text)

    def word(self, w):
        rows = self.cache.get(w)
        if rows is None:
            rows = self.cache[w] = [
                x if isinstance(x, int) else len(self.pieces) + (fnv(x) >> 32) % self.fallback
                for x in self.unigram.segment(w)
            ]
        return rows

    def bags(self, texts):
        """Bags as compressed sparse rows: offsets, row ids, counts."""
        offsets, ids, counts = [0], [], []
        for t in texts:
            bag = {}
            for w in words(t):
                for r in self.word(w):
                    bag[r] = bag.get(r, 0) + 1
            ids.extend(bag.keys())
            counts.extend(bag.values())
            offsets.append(len(ids))
        return np.array(offsets, np.int64), np.array(ids, np.int32), np.array(counts, np.float32)


def grams(piece):
    """The parts that a piece shares with others; training gives each a vector.

    Syllable n-grams (1 to 3) and jamo n-grams (3 to 5) of Hangul, letter
    n-grams (3 to 6) of the rest, and the piece without its word-start mark.
    """
    import unicodedata

    parts, n = set(), len(piece)
    hangul = any("가" <= c <= "힣" for c in piece)
    for k in (1, 2, 3) if hangul else (3, 4, 5, 6):
        parts.update(piece[i : i + k] for i in range(n - k + 1))
    if hangul:
        parts.update(p.strip("▁") for p in list(parts))
        jamo = unicodedata.normalize("NFD", piece)
        for k in (3, 4, 5):
            parts.update("jamo " + jamo[i : i + k] for i in range(len(jamo) - k + 1))
        parts.discard(piece)
    parts.add(piece.strip("▁"))
    parts.discard("▁")
    parts.discard("")
    return sorted(parts)
