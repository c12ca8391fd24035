"""Nodes of LlamaIndex as documents, and back."""

from __future__ import annotations

import json
from typing import Any

from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from ._metadata import RESERVED, pack, unpack
from ._types import Document, Match, StoredDocument

NODE = RESERVED + "node"  # what of the node is neither text, metadata nor embedding, as JSON
TYPE = RESERVED + "node_type"


def encode(node: BaseNode) -> Document:
    """A node to be stored."""
    content = node_to_metadata_dict(node)
    rest = json.loads(content["_node_content"])
    for part in ("metadata", "text", "embedding", "id_"):
        rest.pop(part, None)
    text = node.get_content(metadata_mode=MetadataMode.NONE)
    if isinstance(rest.get("text_resource"), dict) and rest["text_resource"].get("text") == text:
        del rest["text_resource"]["text"]
    metadata = pack(node.metadata) | {
        TYPE: content["_node_type"],
        NODE: json.dumps({k: v for k, v in rest.items() if v not in (None, {}, [])}, ensure_ascii=False),
    }
    out: Document = {"id": node.node_id, "text": text, "metadata": metadata}
    if node.ref_doc_id is not None:
        out["source"] = node.ref_doc_id
    if node.embedding:
        out["embedding"] = node.embedding
    return out


def decode(d: StoredDocument | Match) -> BaseNode:
    """The node that was stored. A document that LlamaIndex did not write is a TextNode."""
    rest: dict[str, Any] = json.loads(d.metadata.get(NODE, "{}"))
    content = {**rest, "id_": d.id, "metadata": unpack(d.metadata), "embedding": d.embedding}
    return metadata_dict_to_node(
        {"_node_content": json.dumps(content), "_node_type": d.metadata.get(TYPE, "TextNode")}, text=d.text
    )
