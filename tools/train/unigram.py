"""Unigram segmentation of a word: the counterpart of embedder/builtin/unigram.go."""

START = "▁"  # stands before every word


class Unigram:
    """Pieces with log probabilities, and the most probable segmentation."""

    def __init__(self, pieces, scores):
        self.scores = [float(s) for s in scores]
        self.ids = {p: i for i, p in enumerate(pieces)}
        self.unknown = min(self.scores) - 10.0
        self.longest = max(map(len, pieces))

    def segment(self, word):
        """Ids of the pieces; a character that no piece covers is returned as itself."""
        text = START + word
        n = len(text)
        best, back, ident = [-1e300] * (n + 1), [0] * (n + 1), [None] * (n + 1)
        best[0] = 0.0
        for i in range(n):
            known = False
            for j in range(i + 1, min(n, i + self.longest) + 1):
                k = self.ids.get(text[i:j])
                if k is None:
                    continue
                known |= j == i + 1
                s = best[i] + self.scores[k]
                if s > best[j]:
                    best[j], back[j], ident[j] = s, i, k
            if not known:
                s = best[i] + self.unknown
                if s > best[i + 1]:
                    best[i + 1], back[i + 1], ident[i + 1] = s, i, text[i]
        out, j = [], n
        while j:
            out.append(ident[j])
            j = back[j]
        return out[::-1]
