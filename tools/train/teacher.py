"""What a transformer says of the training texts, as the student is to learn it.

DATA/train/teacher.npy holds a unit vector for every distinct text of the pairs,
in the order of their first occurrence (see `distinct`). The vectors of one
language share a direction, and all of them a few more, so that their cosines lie
close together; `Teacher` takes the mean of each language away, turns the rest
onto principal components, and flattens their spectrum part of the way. The first
192 components are then the best head that the vectors have.
"""

import os

import numpy as np


def distinct(pairs):
    """The distinct texts of the pairs, and where each side of each pair stands among them."""
    place = {}
    index = np.array([[place.setdefault(p[side], len(place)) for p in pairs] for side in "qp"])
    return list(place), index


def korean(text):
    """Whether a text counts as Korean: a fifth of its letters are Hangul."""
    letters = sum(c.isalpha() for c in text)
    return sum("가" <= c <= "힣" for c in text) >= max(1, 0.2 * letters)


class Teacher:
    """Targets of texts; text i < n is the q side of pair i, text n + i its p side."""

    def __init__(self, data, pairs, power):
        texts, index = distinct(pairs)
        vectors = np.load(os.path.join(data, "train", "teacher.npy"), mmap_mode="r")
        if len(vectors) != len(texts):
            raise SystemExit(f"teacher.npy has {len(vectors)} vectors for {len(texts)} distinct texts")
        vectors = np.array(vectors, np.float32)
        ko = np.array([korean(t) for t in texts])
        for language in (ko, ~ko):
            vectors[language] -= vectors[language].mean(0)
        values, axes = np.linalg.eigh(vectors.T @ vectors / len(vectors))
        order = np.argsort(-values)
        axes = axes[:, order] * np.maximum(values[order] / values.max(), 1e-4) ** -power
        vectors = vectors @ axes.astype(np.float32)
        vectors /= np.maximum(1e-6, np.linalg.norm(vectors, axis=1, keepdims=True))
        self.vectors, self.index = vectors.astype(np.float16), index.ravel()

    def side(self, starts, segments):
        """Unit vectors of rows that each join a few texts: the means of their vectors."""
        sums = np.add.reduceat(self.vectors[self.index[segments]].astype(np.float32), starts[:-1], axis=0)
        return sums / np.maximum(1e-6, np.linalg.norm(sums, axis=1, keepdims=True))
