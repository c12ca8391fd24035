"""How a text becomes words: the counterpart of embedder/builtin/words.go."""

import unicodedata
from functools import lru_cache

MAX_WORD = 40
BLANK, HANGUL, LETTER, DIGIT, IDEOGRAPH = range(5)


@lru_cache(maxsize=None)
def class_of(c):
    o = ord(c)
    if 0xAC00 <= o <= 0xD7A3:
        return HANGUL
    if 0x3040 <= o <= 0x30FF or 0x3400 <= o <= 0x9FFF or 0xF900 <= o <= 0xFAFF or 0x20000 <= o <= 0x3FFFF:
        return IDEOGRAPH
    cat = unicodedata.category(c)
    if cat[0] in "LM":
        return LETTER
    if cat[0] == "N":
        return DIGIT
    return BLANK


@lru_cache(maxsize=None)
def lower(c):
    l = c.lower()
    return l if len(l) == 1 else c


def words(text, limit=None):
    """The words of a text: longest runs of one class, lower-cased, after NFKC."""
    out, run, cls = [], [], BLANK
    for c in unicodedata.normalize("NFKC", text):
        k = class_of(c)
        if k != cls or k == IDEOGRAPH or len(run) == MAX_WORD:
            if run:
                out.append("".join(run))
                if limit and len(out) >= limit:
                    return out
                run = []
            cls = k
        if k != BLANK:
            run.append(lower(c))
    if run:
        out.append("".join(run))
    return out
