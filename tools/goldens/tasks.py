"""A tiny model of jina-embeddings-v3's shape: a graph with its weights in a
file beside it and an input task_id that chooses an adapter, XLM-RoBERTa's
tokenizer, prompts by task. And what it gives, by ONNX's reference evaluator.

    python tasks.py TOKENIZER_JSON OUT
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tokenizers import Tokenizer

from texts import TEXTS

HIDDEN, TASKS, LIMIT = 24, 5, 40
PROMPTS = {"retrieval.query": "Represent the query: ", "retrieval.passage": "Represent the document: ", "separation": ""}


def graph(vocab):
    rng = np.random.default_rng(5)
    words = rng.standard_normal((vocab, HIDDEN)).astype(np.float32)
    adapters = rng.standard_normal((TASKS, HIDDEN, HIDDEN)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["x"]),
        helper.make_node("Gather", ["adapters", "task_id"], ["adapter"]),
        helper.make_node("MatMul", ["x", "adapter"], ["y"]),
        helper.make_node("Tanh", ["y"], ["z"]),
        helper.make_node("Add", ["x", "z"], ["text_embeds"]),
        helper.make_node("Cast", ["attention_mask"], ["13049"], to=TensorProto.FLOAT),
    ]
    ids = ["batch_size", "sequence_length"]
    g = helper.make_graph(nodes, "tasks", [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ids),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ids),
        helper.make_tensor_value_info("task_id", TensorProto.INT64, []),
    ], [
        helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, [*ids, HIDDEN]),
        helper.make_tensor_value_info("13049", TensorProto.FLOAT, ids),
    ], [numpy_helper.from_array(words, "words"), numpy_helper.from_array(adapters, "adapters")])
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    shutil.rmtree(out, ignore_errors=True)
    (out / "onnx").mkdir(parents=True)
    shutil.copy(source, out / "tokenizer.json")
    tok = Tokenizer.from_file(str(source))
    tok.no_padding()
    tok.enable_truncation(LIMIT)
    write(out / "config.json", {
        "model_type": "xlm-roberta", "auto_map": {"AutoModel": "jinaai/xlm-roberta-flash-implementation--modeling_lora.XLMRobertaLoRA"},
        "hidden_size": HIDDEN, "vocab_size": tok.get_vocab_size(), "max_position_embeddings": 8194, "pad_token_id": 1,
        "position_embedding_type": "rotary", "lora_adaptations": ["retrieval.query", "retrieval.passage", "separation", "classification", "text-matching"]})
    write(out / "modules.json", [
        {"idx": 0, "name": "transformer", "path": "", "type": "custom_st.Transformer"},
        {"idx": 1, "name": "pooler", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "normalizer", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])
    write(out / "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True})
    write(out / "config_sentence_transformers.json", {"prompts": PROMPTS, "default_prompt_name": None})
    write(out / "sentence_bert_config.json", {"max_seq_length": LIMIT, "do_lower_case": False})
    model = graph(tok.get_vocab_size())
    run = ReferenceEvaluator(model)
    cases = []
    for task, role in enumerate(["query", "passage"]):
        for text in TEXTS:
            ids = tok.encode((PROMPTS["retrieval." + role] + text).strip()).ids
            x = run.run(["text_embeds"], {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64), "task_id": np.array(task)})[0][0]
            v = x.mean(0)
            cases.append({"role": role, "text": text, "ids": ids, "vector": [float(f"{y:.9g}") for y in v / np.linalg.norm(v)]})
    write(out / "golden.json", {"generator": "tools/goldens/tasks.py", "onnx": onnx.__version__, "cases": cases})
    onnx.save(model, str(out / "onnx/model.onnx"), save_as_external_data=True, location="model.onnx_data", size_threshold=0)
    onnx.checker.check_model(str(out / "onnx/model.onnx"), full_check=True)


if __name__ == "__main__":
    main()
