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
DIRECTED = ("tldr_page", "pydocs_title", "fastapi_section", "openstax_title", "nsmc_synopses_title", "cropped",
            "squad_train", "sae4k")  # fmt: skip

# Sources in the order of a document: neighbours make paragraphs.
CONTINUOUS = ("pydocs", "tldr_lines", "tldr_summary", "fastapi_blocks", "koen_news_dev", "jhe_dev", "openstax",
              "ud_kaist", "ud_ewt", "ud_ksl", "nsmc_synopses", "state_union")  # fmt: skip

# Sources of which stretches in the file's order (every second pair of those
# that vary a sentence line by line) are near each other in subject, yet differ
# in meaning: a block of them is a batch of hard negatives.
BLOCKS = {
    "pydocs": 2, "tldr_lines": 1, "fastapi_blocks": 2, "koen_news_dev": 1, "jhe_dev": 1, "tldr_page_ko": 1,
    "tldr_page_en": 1, "tldr_summary": 1, "pydocs_title_par_ko": 1, "pydocs_title_par_en": 1,
    "fastapi_section_ko": 1, "fastapi_section_en": 1, "tatoeba": 1, "kengdic6000": 1, "korsts_train_pos": 1,
    "openstax": 1, "ud_kaist": 1, "squad_train_sentences": 1, "squad_train_paragraphs": 1, "nknews_dev": 1,
    "openstax_title": 1, "cropped_en": 2, "cropped_ko": 1, "kedict_examples": 1,
}  # fmt: skip

# Sources that the teacher knows less of than the pairs do: its vectors count for less.
UNTAUGHT = ("pydocs", "tldr", "fastapi")

# Single words and names.
TERMS = ("terms",)

# Sources with many paraphrases, not all of them paired: their neighbours
# are not negatives.
REPHRASED = ("stylekqc", "parakqc", "chatbot", "question_pair", "kornli_xnli")


def groups(pairs):
    """A group for each pair: pairs that share a text or a paragraph are one
    group, and are never negatives of each other."""
    parent = np.arange(len(pairs))

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = {}
    for i, p in enumerate(pairs):
        for t in (p["q"], p["p"], (p["doc"],) if "doc" in p else p["p"]):
            j = first.setdefault(t, i)
            a, b = find(i), find(j)
            if a != b:
                parent[a] = b
    return np.array([find(i) for i in range(len(pairs))])


# Sources drawn more often than their size suggests: everyday sentences, and
# headings with the long passages below them.
BOOST = {
    "korsts_train_pos": 3, "klue_nli_dev_entail": 2, "kornli_xnli_test_entail": 2, "kornli_xnli_dev_entail": 2,
    "pydocs": 1.5, "tldr_lines": 1.5, "tldr_summary": 2.5, "tldr_page_ko": 3.5, "tldr_page_en": 3, "fastapi_blocks": 3,
    "fastapi_headings": 1.5, "fastapi_section_ko": 6, "fastapi_section_en": 6, "openstax_title": 0.6,
    "pydocs_title_par_ko": 3, "pydocs_title_par_en": 3,
    "ud_kaist": 2, "klue_ner": 1.5, "pawsx": 1.5, "cropped_ko": 2, "squad_train_sentences": 1.5,
    "squad_train_paragraphs": 2.5, "kedict_examples": 2, "nknews_dev": 2, "wordnet": 0.35, "wordnet_ex": 0.4, "terms": 0.3, "openstax": 0.5,
    "3i4k": 0.4, "sae4k": 0.4, "cldr": 0.7, "cropped_en": 0.7,
}  # fmt: skip
