"""Exports models as ONNX, has the onnx package check the files, and compares
what ONNX Runtime makes of them with golden.json.

    python check_onnx.py EXPORTONNX MODEL_DIR...

EXPORTONNX is the compiled command tools/goldens/exportonnx.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime


def check(command, directory):
    with tempfile.TemporaryDirectory() as tmp:
        path = pathlib.Path(tmp) / "model.onnx"
        subprocess.run([command, str(directory), str(path)], check=True)
        onnx.checker.check_model(str(path), full_check=True)
        nodes = len(onnx.load(str(path), load_external_data=False).graph.node)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        golden = directory / "golden.json"
        if not golden.exists():
            print(f"{directory.name}: checked, {nodes} nodes, no golden.json to compare with")
            return
        cases = json.loads(golden.read_text("utf-8"))["cases"]
        pad = json.loads((directory / "config.json").read_text("utf-8"))["pad_token_id"]
        length = max(len(c["ids"]) for c in cases)
        ids = np.full((len(cases), length), pad, np.int64)
        mask = np.zeros_like(ids)
        for i, c in enumerate(cases):
            ids[i, :len(c["ids"])] = c["ids"]
            mask[i, :len(c["ids"])] = 1
        got = session.run(["sentence_embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        want = np.array([c["vector"] for c in cases])
        want /= np.linalg.norm(want, axis=1, keepdims=True)
        worst = float(np.max(np.abs(1 - (got * want).sum(1))))
        print(f"{directory.name}: checked, {nodes} nodes, largest cosine distance {worst:.2g} in {len(cases)} cases")
        if not worst < 1e-5:
            sys.exit(f"{directory.name}: further than 1e-5 from the reference")


for d in sys.argv[2:]:
    check(sys.argv[1], pathlib.Path(d))
