"""Building conditions in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._types import Condition

TRUE: Condition = {"and": []}
FALSE: Condition = {"or": []}


def compare(field: str, op: str, value: Any) -> Condition:
    """A comparison of a field with a value: =, !=, <, <=, >, >=, IN or CONTAINS."""
    return {"field": field, "op": op, "value": value}


def exists(field: str) -> Condition:
    """Whether the document has a field."""
    return {"field": field, "op": "EXISTS"}


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
    listed = list(values)
    return compare(field, "IN", listed) if listed else FALSE


def _join(key: str, conditions: Iterable[Condition]) -> Condition:
    listed = list(conditions)
    if len(listed) == 1:
        return listed[0]
    return {"and": listed} if key == "and" else {"or": listed}
