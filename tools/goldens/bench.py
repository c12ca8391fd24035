"""The engine beside ONNX Runtime, on the same shapes, in turns, in one run.

    go test -c -o purego.test ./embedder/transformer/engine/purego
    python tools/goldens/bench.py purego.test [rounds] [kernel] [int8]

Both use one thread. Each round measures each shape with both, one after the
other; what is printed is the median over the rounds of passages per second of
processor time, and of their ratio within a round.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertConfig, BertModel

SHAPES = [(16, 1), (16, 32), (128, 1), (128, 32)]


class Pooled(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, ids, mask):
        x = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        m = mask.unsqueeze(-1).float()
        return (x * m).sum(1) / m.sum(1)


def graph(path):
    config = BertConfig(vocab_size=1000, hidden_size=384, num_hidden_layers=12, num_attention_heads=12,
                        intermediate_size=1536, max_position_embeddings=512)
    ids = torch.randint(0, 1000, (2, 16))
    torch.onnx.export(Pooled(BertModel(config, add_pooling_layer=False).eval()), (ids, torch.ones_like(ids)), path,
                      input_names=["ids", "mask"], output_names=["v"], opset_version=14,
                      dynamic_axes={"ids": {0: "b", 1: "s"}, "mask": {0: "b", 1: "s"}})


def session(path):
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = 1
    o.inter_op_num_threads = 1
    o.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, o, providers=["CPUExecutionProvider"])


def theirs(s, tokens, batch, seconds):
    ids = np.random.randint(0, 1000, (batch, tokens)).astype(np.int64)
    feed = {"ids": ids, "mask": np.ones_like(ids)}
    s.run(None, feed)
    n, cpu, end = 0, time.process_time(), time.time() + seconds
    while n == 0 or time.time() < end:
        s.run(None, feed)
        n += 1
    return n * batch / (time.process_time() - cpu)


def ours(binary, kernel, int8, tokens, batch, seconds):
    env = {**os.environ, "GOMAXPROCS": "1", "INT8": "1" if int8 else ""}
    out = subprocess.run([binary, "-test.run=xxx", f"-test.benchtime={seconds}s",
                          f"-test.bench=^BenchmarkEmbed$/^{kernel}$/^threads=1$/^tokens={tokens}$/^batch={batch}$"],
                         check=True, capture_output=True, text=True, env=env).stdout
    return float(re.search(r"([\d.]+) passages/cpu-s", out)[1])


def main():
    binary = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    kernel = sys.argv[3] if len(sys.argv) > 3 else "avx512"
    int8 = "int8" in sys.argv[4:]
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "model.onnx")
        graph(path)
        if int8:
            quantize_dynamic(path, path + ".int8", weight_type=QuantType.QInt8)
            path += ".int8"
        s = session(path)
    print(f"onnxruntime {onnxruntime.__version__}, kernel {kernel}, {'int8' if int8 else 'float32'}, one thread, {rounds} rounds")
    print("tokens  batch      ours    theirs  ratio  (least, most)")
    for tokens, batch in SHAPES:
        pairs = []
        for _ in range(rounds):
            pairs.append((ours(binary, kernel, int8, tokens, batch, 1), theirs(s, tokens, batch, 1)))
        ratios = [a / b for a, b in pairs]
        print(f"{tokens:6} {batch:6} {statistics.median(a for a, _ in pairs):9.1f} {statistics.median(b for _, b in pairs):9.1f}"
              f"  {statistics.median(ratios):.2f}  ({min(ratios):.2f}, {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()
