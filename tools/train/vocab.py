"""The Unigram vocabulary, learned from the training texts alone."""

import os

import sentencepiece as spm

from text import words


def train(texts, size, folder):
    """Writes folder/vocab.txt: a piece and its log probability on each line."""
    corpus = os.path.join(folder, "words.txt")
    with open(corpus, "w") as f:
        for t in dict.fromkeys(texts):
            w = words(t)
            for i in range(0, len(w), 200):
                f.write(" ".join(w[i : i + 200]) + "\n")
    prefix = os.path.join(folder, "unigram")
    spm.SentencePieceTrainer.Train(
        input=corpus, model_prefix=prefix, vocab_size=size, character_coverage=1.0, num_threads=1, minloglevel=2,
        normalization_rule_name="identity", split_by_unicode_script=False, max_sentence_length=20000,
        max_sentencepiece_length=12,
    )  # fmt: skip
    sp = spm.SentencePieceProcessor(model_file=prefix + ".model")
    with open(os.path.join(folder, "vocab.txt"), "w") as f:
        for i in range(sp.GetPieceSize()):
            if not sp.IsControl(i) and not sp.IsUnknown(i):
                f.write(f"{sp.IdToPiece(i)}\t{sp.GetScore(i)!r}\n")
