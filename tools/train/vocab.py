"""The Unigram vocabulary, learned from the training texts alone."""

import collections
import os

import sentencepiece as spm

from teacher import korean
from text import words

KOREAN = 3  # a Korean text counts this often: there are fewer of them, and their words have more forms

# A character that fewer texts have is no piece of its own: it has one of the
# fallback rows, and the model says that it doesn't know it.
RARE = 10


def train(texts, size, folder):
    """Writes folder/vocab.txt: a piece and its log probability on each line."""
    corpus, texts_with = os.path.join(folder, "words.txt"), collections.Counter()
    with open(corpus, "w") as f:
        for t in dict.fromkeys(texts):
            w = words(t)
            texts_with.update(set("".join(w)))
            for i in range(0, len(w), 200):
                f.write((" ".join(w[i : i + 200]) + "\n") * (KOREAN if korean(t) else 1))
    prefix = os.path.join(folder, "unigram")
    spm.SentencePieceTrainer.Train(
        input=corpus, model_prefix=prefix, vocab_size=size, character_coverage=1.0, num_threads=1, minloglevel=2,
        normalization_rule_name="identity", split_by_unicode_script=False, max_sentence_length=20000,
        max_sentencepiece_length=12,
    )  # fmt: skip
    sp = spm.SentencePieceProcessor(model_file=prefix + ".model")
    with open(os.path.join(folder, "vocab.txt"), "w") as f:
        for i in range(sp.GetPieceSize()):
            piece = sp.IdToPiece(i)
            rare = len(piece) == 1 and piece != "▁" and texts_with[piece] < RARE
            if not sp.IsControl(i) and not sp.IsUnknown(i) and not rare:
                f.write(f"{piece}\t{sp.GetScore(i)!r}\n")
