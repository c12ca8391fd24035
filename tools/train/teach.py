"""Embeds the training texts with a transformer, for train.py to learn from.

    python teach.py DATA MODEL [--threads N]

MODEL is a Sentence Transformers directory of a BERT-like encoder with mean
pooling (multilingual-e5-small: config.json, model.safetensors, tokenizer.json).
Writes DATA/train/teacher.npy: a unit vector for every distinct text of the
pairs, in the order of their first occurrence. Texts are cut at 98 tokens and
embedded by length, without padding, in bfloat16 where the processor has it.
Needs openvino, tokenizers and safetensors.

A text of a pair that has "parts" is a paragraph made of other texts of the
pairs; it gets the mean of their vectors and is not embedded.
"""

import argparse
import json
import os
import time

import numpy as np
import openvino as ov
from openvino import opset13 as op
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from data import read_pairs
from teacher import distinct

TOKENS, BATCH, LONG = 98, 4096, 150  # a text's limit; tokens a batch; letters from which a text is a passage


def encoder(folder):
    """The encoder as a graph: token ids and positions to mean vectors."""
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    weights = load_file(os.path.join(folder, "model.safetensors"))
    dims, heads = config["hidden_size"], config["num_attention_heads"]

    def constant(name):
        return op.constant(np.ascontiguousarray(weights[name], np.float32))

    def shape(*sizes):
        return op.constant(np.array(sizes, np.int64))

    def norm(x, name):
        x = op.mvn(x, shape(-1), True, config["layer_norm_eps"], "inside_sqrt")
        return op.add(op.multiply(x, constant(name + ".weight")), constant(name + ".bias"))

    def linear(x, name):
        return op.add(op.matmul(x, constant(name + ".weight"), False, True), constant(name + ".bias"))

    ids, places = op.parameter([-1, -1], np.int32, name="ids"), op.parameter([-1], np.int32, name="places")
    first = op.constant(np.int64(0))
    x = op.gather(constant("embeddings.word_embeddings.weight"), ids, first)
    kind = op.gather(constant("embeddings.token_type_embeddings.weight"), op.constant(np.int32(0)), first)
    x = op.add(op.add(x, op.gather(constant("embeddings.position_embeddings.weight"), places, first)), kind)
    x = norm(x, "embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}."
        q, k, v = (
            op.transpose(
                op.reshape(linear(x, at + "attention.self." + n), shape(0, 0, heads, dims // heads), True),
                shape(0, 2, 1, 3),
            )  # fmt: skip
            for n in ("query", "key", "value")
        )
        y = op.transpose(op.scaled_dot_product_attention(q, k, v), shape(0, 2, 1, 3))
        y = linear(op.reshape(y, shape(0, 0, dims), True), at + "attention.output.dense")
        x = norm(op.add(x, y), at + "attention.output.LayerNorm")
        y = linear(op.gelu(linear(x, at + "intermediate.dense"), "erf"), at + "output.dense")
        x = norm(op.add(x, y), at + "output.LayerNorm")
    return ov.Model([op.result(op.reduce_mean(x, shape(1), False))], [ids, places])


def embed(folder, texts, threads):
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    request = ov.Core().compile_model(encoder(folder), "CPU", hints).create_infer_request()
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    prefixed = [("passage: " if len(t) > LONG else "query: ") + t for t in texts]
    ids = [np.array(e.ids, np.int32) for e in tokenizer.encode_batch(prefixed)]
    lengths, out = np.array([len(x) for x in ids]), np.empty((len(texts), 384), np.float16)
    start = time.time()
    for n in np.unique(lengths):
        same = np.flatnonzero(lengths == n)
        for i in range(0, len(same), max(1, BATCH // n)):
            some = same[i : i + max(1, BATCH // n)]
            y = request.infer({0: np.stack([ids[j] for j in some]), 1: np.arange(n, dtype=np.int32)})[0]
            out[some] = y / np.linalg.norm(y, axis=1, keepdims=True)
        print(f"{n} tokens: {np.sum(lengths <= n)} of {len(texts)} texts, {time.time() - start:.0f} s", flush=True)
    return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("data")
    a.add_argument("model")
    a.add_argument("--threads", type=int, default=1)
    args = a.parse_args()
    pairs = read_pairs(args.data)
    parts = {p[side]: p["parts"][side] for p in pairs if "parts" in p for side in p["parts"]}
    texts, _ = distinct(pairs)
    own = list(dict.fromkeys(x for t in texts for x in parts.get(t, [t])))
    place = {t: i for i, t in enumerate(own)}
    vectors = embed(args.model, own, args.threads)
    sums = np.array([sum(np.float32(vectors[place[x]]) for x in parts.get(t, [t])) for t in texts])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    np.save(os.path.join(args.data, "train", "teacher.npy"), sums.astype(np.float16))


if __name__ == "__main__":
    main()
