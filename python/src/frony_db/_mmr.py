"""Maximal marginal relevance: results that are near the query and far from each other."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul


def mmr(cosines: Sequence[float], embeddings: Sequence[Sequence[float]], k: int, lambda_mult: float) -> list[int]:
    """The indices of up to k candidates in the order in which they are chosen.

    `cosines` are the candidates' with the query, and `embeddings` have unit length. A
    lambda_mult of 1 looks at the query alone, 0 at the distance from what was chosen.
    """
    chosen: list[int] = []
    nearest = [-1.0] * len(cosines)  # the greatest cosine with what was chosen
    left = set(range(len(cosines)))
    while left and len(chosen) < k:
        if not chosen:
            best = max(left, key=lambda i: (cosines[i], -i))
        else:
            best = max(left, key=lambda i: (lambda_mult * cosines[i] - (1 - lambda_mult) * nearest[i], -i))
        left.remove(best)
        chosen.append(best)
        for i in left:
            nearest[i] = max(nearest[i], sum(map(mul, embeddings[i], embeddings[best])))
    return chosen
