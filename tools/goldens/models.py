"""Tiny encoders with random weights, in the formats that real ones come in,
and what the reference libraries make of them.

    python models.py OUT

writes, for each model, a Sentence Transformers directory and a golden.json:
token ids and embeddings by PyTorch, transformers and sentence-transformers.
"""

import json
import os
import pathlib
import shutil
import sys

import torch
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers import models as tokmodels
from transformers import (BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel,
                          XLMRobertaConfig, XLMRobertaModel)

from texts import LONG, TEXTS

ROLES = ["<Q>", "<P>"]


def unigram(size):
    """A tokenizer like XLM-RoBERTa's."""
    t = Tokenizer(tokmodels.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(r" {2,}", " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    t.train_from_iterator(TEXTS, trainers.UnigramTrainer(
        vocab_size=size, special_tokens=special, unk_token="<unk>", show_progress=False))
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    names = dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", unk_token="<unk>", pad_token="<pad>")
    return t, names


def wordpiece(size, special=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")):
    """A tokenizer like BERT's."""
    t = Tokenizer(tokmodels.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(TEXTS, trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=list(special), show_progress=False))
    cls, sep = t.token_to_id("[CLS]"), t.token_to_id("[SEP]")
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    names = dict(cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]", pad_token="[PAD]", mask_token="[MASK]")
    return t, names


def randomise(model, seed):
    """Weights large enough that every layer matters to the result."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            if "LayerNorm.weight" in name:
                p.copy_(1 + 0.2 * noise)
            elif p.dim() == 1:
                p.copy_(0.2 * noise)
            else:
                p.copy_(0.25 * noise)


def build(out, name, tok, cls, config, *, seed, dtype=torch.float32, pooling="mean", max_length=40,
          prompts=None, shard=None, normalize=True):
    path = out / name
    shutil.rmtree(path, ignore_errors=True)
    scratch = out / (name + ".tmp")
    fast, names = tok
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=fast, model_max_length=max_length, **names)
    if prompts:
        tokenizer.add_special_tokens({"additional_special_tokens": ROLES})
    model = cls(config(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id), add_pooling_layer=False)
    randomise(model, seed)
    model = model.to(dtype)
    model.save_pretrained(scratch, max_shard_size=shard or "5GB", safe_serialization=True)
    tokenizer.save_pretrained(scratch)

    first = models.Transformer(str(scratch), max_seq_length=max_length)
    first.auto_model = first.auto_model.float()
    pool = models.Pooling(first.get_word_embedding_dimension(), pooling_mode=pooling)
    st = SentenceTransformer(modules=[first, pool] + ([models.Normalize()] if normalize else []), device="cpu",
                             prompts=prompts)
    st.save(str(path), create_model_card=False)
    # The weights in their own type, and in shards.
    for f in path.glob("*.safetensors"):
        f.unlink()
    for f in list(scratch.glob("*.safetensors")) + list(scratch.glob("*.index.json")):
        shutil.copy(f, path / f.name)
    shutil.copy(scratch / "config.json", path / "config.json")
    shutil.rmtree(scratch)

    st = SentenceTransformer(str(path), device="cpu")
    st[0].auto_model = st[0].auto_model.float().eval()
    cases = []
    for role, prefix in [("query", (prompts or {}).get("query", "")), ("passage", (prompts or {}).get("passage", ""))]:
        for text in TEXTS + [LONG]:
            ids = st.tokenize([prefix + text])["input_ids"][0].tolist()
            vec = st.encode([prefix + text], normalize_embeddings=True, show_progress_bar=False)[0]
            cases.append({"role": role, "text": text, "ids": ids, "vector": [float(f"{v:.9g}") for v in vec.tolist()]})
    golden = {"generator": "tools/goldens/models.py", "torch": torch.__version__, "cases": cases}
    with open(path / "golden.json", "w", encoding="utf-8") as f:
        json.dump(golden, f, ensure_ascii=False)
        f.write("\n")
    for extra in ["README.md", "special_tokens_map.json"]:
        if (path / extra).exists() and extra == "README.md":
            os.remove(path / extra)
    size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    print(f"{name}: {size / 1024:.0f} KiB, {len(cases)} cases, {len(list(path.glob('*.safetensors')))} weight files")


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    small = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    roles = {"query": "<Q>", "passage": "<P>"}

    build(out, "bert-mean-f32", wordpiece(300), BertModel,
          lambda **k: BertConfig(**small, max_position_embeddings=64, layer_norm_eps=1e-12, **k),
          seed=1, prompts=roles)
    build(out, "xlmr-cls-f16", unigram(300), XLMRobertaModel,
          lambda **k: XLMRobertaConfig(**small, max_position_embeddings=50, type_vocab_size=1, layer_norm_eps=1e-5, **k),
          seed=2, dtype=torch.float16, pooling="cls")
    build(out, "roberta-mean-bf16-sharded", wordpiece(300, ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")), RobertaModel,
          lambda **k: RobertaConfig(**small, max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5,
                                    hidden_act="gelu_new", **k),
          seed=3, dtype=torch.bfloat16, prompts={"query": "query: ", "passage": "passage: "}, shard="30KB", normalize=False)
    # Odd sizes: heads of 5, which no vector length divides.
    build(out, "bert-cls-relu-odd", wordpiece(200), BertModel,
          lambda **k: BertConfig(hidden_size=15, num_hidden_layers=3, num_attention_heads=3, intermediate_size=37,
                                 max_position_embeddings=40, hidden_act="relu", **k),
          seed=4, pooling="cls")


if __name__ == "__main__":
    main()
