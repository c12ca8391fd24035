"""Trains the vocabularies that the goldens use, and writes them as
tokenizer.json files in the shapes that published models have.

    python train.py DIR [--size small|full] [--corpus FILE]
"""

import argparse
import base64
import json
import os
import tempfile

import sentencepiece as spm
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

import corpus


def token(i, content, special=True, normalized=False, **kw):
    return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": normalized, "special": special} | kw


def template(cls, cls_id, sep, sep_id):
    def sp(t): return {"SpecialToken": {"id": t, "type_id": 0}}
    a, b = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}
    return {"type": "TemplateProcessing", "single": [sp(cls), a, sp(sep)], "pair": [sp(cls), a, sp(sep), sp(sep), b, sp(sep)],
            "special_tokens": {cls: {"id": cls, "ids": [cls_id], "tokens": [cls]}, sep: {"id": sep, "ids": [sep_id], "tokens": [sep]}}}


def write(path, model, normalizer, pre_tokenizer, post_processor, added):
    """Tokens that the vocabulary has keep its ids, the others follow it."""
    vocab = model["vocab"]
    ids = vocab if isinstance(vocab, dict) else {p: i for i, (p, _) in enumerate(vocab)}
    n = len(vocab)
    for a in added:
        a["id"] = ids.get(a["content"], n)
        n += a["id"] == n
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
                   "post_processor": post_processor, "decoder": None, "model": model}, f, ensure_ascii=False, separators=(",", ":"))


def sentencepiece(lines, size, coverage):
    """Pieces with scores, and the nmt_nfkc charsmap that XLM-R uses."""
    from sentencepiece import sentencepiece_model_pb2 as pb
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/in.txt", "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        spm.SentencePieceTrainer.train(input=d + "/in.txt", model_prefix=d + "/m", vocab_size=size, character_coverage=coverage, model_type="unigram",
                                       normalization_rule_name="nmt_nfkc", hard_vocab_limit=False, minloglevel=2, num_threads=1, max_sentence_length=20000)
        m = pb.ModelProto()
        m.ParseFromString(open(d + "/m.model", "rb").read())
    return [[p.piece, p.score] for p in m.pieces][3:], base64.b64encode(m.normalizer_spec.precompiled_charsmap).decode()


def unigram(out, lines, size):
    pieces, charsmap = sentencepiece(lines, size, 0.98 if size < 4000 else 0.9995)
    xlmr = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]] + pieces + [["<mask>", 0.0]]
    n = len(xlmr)
    added = [token(0, "<s>"), token(1, "<pad>"), token(2, "</s>"), token(3, "<unk>"), token(n - 1, "<mask>", lstrip=True), token(n, "<Q>"), token(n + 1, "<P>")]
    model = {"type": "Unigram", "unk_id": 3, "vocab": xlmr, "byte_fallback": False}
    pre = {"type": "Precompiled", "precompiled_charsmap": charsmap}
    meta = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    post = template("<s>", 0, "</s>", 2)
    write(f"{out}/xlmr-old.json", model, pre, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}]}, post, added)
    squeeze = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}
    write(f"{out}/xlmr-new.json", model, {"type": "Sequence", "normalizers": [pre, {"type": "Strip", "strip_left": False, "strip_right": True}, squeeze]}, meta, post, added)

    # ALBERT's chain, byte fallback, tokens of every kind.
    fallback = xlmr[:-1] + [[f"<0x{b:02X}>", -20.0] for b in range(256)]
    n = len(fallback)
    added = [token(0, "<s>"), token(2, "</s>"), token(n, "[MASK]", lstrip=True, rstrip=True), token(n + 1, "Hello", special=False, normalized=True, single_word=True),
             token(n + 2, "wörld", special=False, normalized=True, rstrip=True), token(n + 3, "동해물", special=False, single_word=True), token(n + 4, "ab", special=False), token(n + 5, "abc", special=False), token(n + 6, "\n\n", special=False, rstrip=True)]
    chain = [{"type": "Replace", "pattern": {"String": "``"}, "content": "\""}, {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, pre,
             {"type": "Replace", "pattern": {"Regex": "\\s+|[.]{2,}"}, "content": " "}]
    write(f"{out}/albert.json", {"type": "Unigram", "unk_id": 3, "vocab": fallback, "byte_fallback": True}, {"type": "Sequence", "normalizers": chain}, meta, {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}, added)

    # Normalisation forms, prefix once, no split.
    added = [token(0, "<s>"), token(2, "</s>"), token(3, "<unk>", normalized=True)]
    write(f"{out}/first.json", {"type": "Unigram", "unk_id": 3, "vocab": xlmr[:-1], "byte_fallback": False}, {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Strip", "strip_left": False, "strip_right": True}]},
          {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}, None, added)
    write(f"{out}/never.json", {"type": "Unigram", "unk_id": 3, "vocab": xlmr[:-1]}, {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFC"}, {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
          None, None, added[:2])


def wordpiece(out, lines, size):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for name, lower in (("klue", False), ("uncased", True)):
        tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tok.normalizer = normalizers.BertNormalizer(lowercase=lower)
        tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tok.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False, limit_alphabet=2500))
        vocab = dict(sorted(tok.get_vocab().items(), key=lambda kv: kv[1]))
        n = len(vocab)
        added = [token(i, t) for i, t in enumerate(special)] + [token(n, "<Q>"), token(n + 1, "<P>")]
        model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab}
        norm = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lower}
        post = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]} if lower else template("[CLS]", 2, "[SEP]", 3)
        write(f"{out}/{name}.json", model, norm, {"type": "BertPreTokenizer"}, post, added)
        if not lower:
            added = [token(4, "[MASK]", lstrip=True), token(n, "Hello", special=False, normalized=True, single_word=True), token(n + 1, "동해물", special=False, normalized=True, lstrip=True)]
            norm = {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": True, "lowercase": False}, {"type": "NFC"}, {"type": "Strip", "strip_left": True, "strip_right": True}]}
            write(f"{out}/words.json", model | {"max_input_chars_per_word": 20}, norm, {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "Punctuation", "behavior": "Isolated"}]},
                  {"type": "Sequence", "processors": [template("[CLS]", 2, "[SEP]", 3)]}, added)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--size", choices=["small", "full"], default="small")
    ap.add_argument("--corpus", help="lines of text to train on as well")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    lines = corpus.training(6000 if args.size == "small" else 40000)
    if args.corpus:
        lines += [l.rstrip("\n")[:2000] for l in open(args.corpus, encoding="utf-8", errors="replace")][:60000]
    unigram(args.out, lines, 1600 if args.size == "small" else 16000)
    wordpiece(args.out, lines, 2400 if args.size == "small" else 16000)


main()
