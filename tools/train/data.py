"""The training pairs, their groups and their order."""

import gzip
import json
import os

import numpy as np


def read_jsonl(path):
    with open(path) as f:
        return [json.loads(l) for l in f]


def read_pairs(data):
    with gzip.open(os.path.join(data, "train", "pairs.jsonl.gz"), "rt") as f:
        return [json.loads(l) for l in f]


# Sources whose two sides are a heading or a summary and its text; everywhere
# else the sides are equals and either may be the query.
DIRECTED = ("tldr_page", "pydocs_title", "fastapi_section")

# Sources in the order of a document: neighbours make paragraphs.
CONTINUOUS = ("pydocs", "tldr_lines", "tldr_summary", "fastapi_blocks", "koen_news_dev", "jhe_dev")

# Sources of which stretches in the file's order (every second pair of those
# that vary a sentence line by line) are near each other in subject, yet differ
# in meaning: a block of them is a batch of hard negatives.
BLOCKS = {
    "pydocs": 2, "tldr_lines": 1, "fastapi_blocks": 2, "koen_news_dev": 1, "jhe_dev": 1, "tldr_page_ko": 1,
    "tldr_page_en": 1, "tldr_summary": 1, "pydocs_title_par_ko": 1, "pydocs_title_par_en": 1,
    "fastapi_section_ko": 1, "fastapi_section_en": 1, "tatoeba": 1, "kengdic6000": 1, "korsts_train_pos": 1,
}  # fmt: skip

# Sources with many paraphrases, not all of them paired: their neighbours
# are not negatives.
REPHRASED = ("stylekqc", "parakqc", "chatbot", "question_pair", "kornli_xnli")


def groups(pairs):
    """A group for each pair: pairs that share a text are one group, and are
    never negatives of each other."""
    parent = np.arange(len(pairs))

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = {}
    for i, p in enumerate(pairs):
        for t in (p["q"], p["p"]):
            j = first.setdefault(t, i)
            a, b = find(i), find(j)
            if a != b:
                parent[a] = b
    return np.array([find(i) for i in range(len(pairs))])


# Sources drawn more often than their size suggests: everyday sentences, and
# headings with the long passages below them.
BOOST = {
    "korsts_train_pos": 3, "klue_nli_dev_entail": 2, "kornli_xnli_test_entail": 2, "kornli_xnli_dev_entail": 2,
    "tldr_page_ko": 2, "tldr_page_en": 2, "fastapi_section_ko": 3, "fastapi_section_en": 3,
    "pydocs_title_par_ko": 3, "pydocs_title_par_en": 3,
}  # fmt: skip
