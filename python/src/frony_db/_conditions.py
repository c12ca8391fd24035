"""Building conditions in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ._metadata import token
from ._types import Condition

TRUE: Condition = {"and": []}
FALSE: Condition = {"or": []}


def compare(field: str, op: str, value: Any) -> Condition:
    """A comparison of a field with a value, by an operator of the filter language."""
    return {"field": field, "op": op, "value": value}


def exists(field: str) -> Condition:
    """Whether the document has a field."""
    return {"field": field, "op": "EXISTS"}


def contains(field: str, value: Any) -> Condition:
    """Whether a list has an element. In a list of several types, all are texts."""
    if isinstance(value, str):
        return compare(field, "CONTAINS", value)
    text = compare(field, "CONTAINS", token(value))
    return text if isinstance(value, bool) else any_of([compare(field, "CONTAINS", value), text])


def within(field: str, text: str, *, fold: bool = False) -> Condition:
    """Whether a text is anywhere in a field; fold disregards case."""
    escaped = re.sub(r"([%_\\])", r"\\\1", text)
    return compare(field, "ILIKE" if fold else "LIKE", f"%{escaped}%")


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Whether all conditions hold."""
    return _join("and", conditions)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Whether one of the conditions holds."""
    return _join("or", conditions)


def negate(condition: Condition) -> Condition:
    """Whether a condition does not hold."""
    return {"not": condition}


def one_of(field: str, values: Iterable[Any]) -> Condition:
    """Whether a field has one of the values."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise ValueError(f"filter: {field!r}: want a list of values, not {values!r}")
    listed = list(values)
    return compare(field, "IN", listed) if listed else FALSE


def _join(key: str, conditions: Iterable[Condition]) -> Condition:
    listed = list(conditions)
    if len(listed) == 1:
        return listed[0]
    return {"and": listed} if key == "and" else {"or": listed}
