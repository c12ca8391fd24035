"""Documents of Haystack as frony-db's, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from haystack.dataclasses import ByteStream, Document, SparseEmbedding

from ._metadata import RESERVED, pack, unpack
from ._types import Document as Stored
from ._types import Match, StoredDocument

# The length of an embedding that came with its document: vectors are stored with length 1.
NORM = RESERVED + "norm"
# Set on documents that have neither a text nor an embedding. Their vector means nothing.
EMPTY = RESERVED + "no_embedding"
# What of a document is neither text, metadata nor embedding, as JSON.
MORE = RESERVED + "document"


def encode(d: Document, dims: int, server_embeds: bool) -> Stored:
    """A document to be stored, in a collection of so many dimensions."""
    out: Stored = {"id": d.id, "text": d.content or ""}
    metadata = pack(d.meta)
    more = {
        "blob": d.blob.to_dict() if d.blob is not None else None,
        "sparse_embedding": d.sparse_embedding.to_dict() if d.sparse_embedding is not None else None,
        "empty": True if d.content == "" else None,  # a text, unlike None
    }
    if more := {k: v for k, v in more.items() if v is not None}:
        metadata[MORE] = json.dumps(more, default=list)
    if d.embedding is not None:
        out["embedding"] = d.embedding
        metadata[NORM] = math.sqrt(math.fsum(x * x for x in d.embedding))
    elif not (server_embeds and d.content):
        out["embedding"] = [1.0] + [0.0] * (dims - 1)
        metadata[EMPTY] = True
    out["metadata"] = metadata
    return out


def decode(d: StoredDocument | Match, *, embedding: bool, score: float | None = None) -> Document:
    """The document that was stored. Its embedding is the one that it was given."""
    more = json.loads(d.metadata.get(MORE, "{}"))
    norm = d.metadata.get(NORM)
    vector = [x * norm for x in d.embedding] if embedding and norm is not None and d.embedding else None
    return Document(
        id=d.id,
        content=d.text or ("" if more.get("empty") else None),
        blob=ByteStream.from_dict(more["blob"]) if "blob" in more else None,
        sparse_embedding=SparseEmbedding.from_dict(more["sparse_embedding"]) if "sparse_embedding" in more else None,
        meta=unpack(d.metadata),
        embedding=vector,
        score=score,
    )


def merge(d: StoredDocument, meta: Mapping[str, Any]) -> Stored:
    """A stored document with further metadata."""
    ours = {k: v for k, v in d.metadata.items() if k in (NORM, EMPTY, MORE)}
    out: Stored = {"id": d.id, "text": d.text, "metadata": pack(unpack(d.metadata) | dict(meta)) | ours}
    if d.embedding is not None:
        out["embedding"] = d.embedding
    if d.title is not None:
        out["title"] = d.title
    if d.source is not None:
        out["source"] = d.source
    if d.chunk is not None:
        out["chunk"] = d.chunk
    if d.expires is not None:
        out["expires"] = d.expires
    return out


def distinct(values: Iterable[Any]) -> list[Any]:
    """The values that differ in type or content, in a stable order."""
    found = {(type(v).__name__, json.dumps(v, sort_keys=True)): v for v in values if v is not None}
    return [found[key] for key in sorted(found, key=lambda key: (str(found[key]), key[0]))]


def type_name(value: Any) -> str:
    """Haystack's name of a type of metadata."""
    return {bool: "boolean", int: "int", float: "float"}.get(type(value), "keyword")
