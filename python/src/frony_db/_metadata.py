"""Metadata of frameworks, which may be any JSON, as metadata of documents, and back.

Strings, numbers, booleans, and lists of strings, integers or floats are stored as they are. Everything
else is kept in one field of JSON, so that nothing is lost, and for filters what it holds becomes fields too:
{"author": {"name": "Kim"}} has a field author.name, and [1, "a"] is found by CONTAINS "1".
A None has no field: it is like a field that is missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

REST = "_frony_json"
RESERVED = "_frony_"
_INT64 = range(-(2**63), 2**63)


def pack(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document."""
    plain: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, given in metadata.items():
        if not isinstance(name, str):
            raise TypeError(f"metadata: the name {name!r} is no string")
        value = _native(given)
        if _is_plain(value) and name and not name.startswith(RESERVED):
            plain[name] = value
        else:
            rest[name] = value
    derived = {field: value for name, value in rest.items() for field, value in _fields(name, value)}
    # A name may itself have a dot: {"a.b": 1, "a": {"b": 2}}.
    rest |= {name: plain[name] for name in derived if name in plain}
    if rest:
        derived[REST] = json.dumps(rest, ensure_ascii=False, default=_refuse)
    return derived | plain


def unpack(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What pack was given."""
    rest: dict[str, Any] = json.loads(fields.get(REST, "{}"))
    derived = {field for name, value in rest.items() for field, _ in _fields(name, value)}
    plain = {n: v for n, v in fields.items() if n not in derived and not n.startswith(RESERVED)}
    return plain | rest  # which may have names of the caller's that look like ours


def token(value: Any) -> str:
    """An element of a list in a field."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_plain(value: Any) -> bool:
    match value:
        case bool() | str():
            return True
        case int():
            return value in _INT64
        case float():
            return math.isfinite(value)
        case [first, *_]:  # an empty list counts as empty, and so has no field
            return (
                isinstance(first, (str, int, float))
                and not isinstance(first, bool)
                and all(type(v) is type(first) and _is_plain(v) for v in value)
            )
    return False


def _fields(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of what is kept as JSON."""
    if not name or name.startswith(RESERVED):
        return
    match value:
        case dict():
            for key, inner in value.items():
                if _is_plain(inner):
                    yield f"{name}.{key}", inner
                else:
                    yield from _fields(f"{name}.{key}", inner)
        case [_, *_] if all(isinstance(v, (str, int, float, bool)) for v in value):
            yield name, [token(v) for v in value]


def _native(value: Any) -> Any:
    """The value in JSON's types: times are texts, and numpy's (which is not imported) are Python's."""
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _native(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(inner) for inner in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _refuse(value: Any) -> Any:
    raise TypeError(f"metadata: {type(value).__name__} is not JSON: {value!r}")
