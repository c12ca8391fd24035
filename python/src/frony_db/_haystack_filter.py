"""Filters of Haystack."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from haystack.errors import FilterError

from ._conditions import FALSE, all_of, any_of, compare, exists, negate
from ._types import Condition

_ORDER = (">", ">=", "<", "<=")
_OTHER_FIELDS = ("content", "blob", "embedding", "sparse_embedding", "score")


def translate(filters: dict[str, Any] | None) -> Condition | None:
    """A filter of Haystack as one of frony-db; None for none."""
    if not filters:
        return None
    return _condition(filters)


def _condition(f: dict[str, Any]) -> Condition:
    if not isinstance(f, dict):
        raise FilterError(f"a filter is a dict, not {f!r}")
    if "field" in f:
        return _comparison(f)
    for key in ("operator", "conditions"):
        if key not in f:
            raise FilterError(f"'{key}' key missing in {f}")
    parts = [_condition(c) for c in f["conditions"]]
    match f["operator"]:
        case "AND":
            return all_of(parts)
        case "OR":
            return any_of(parts)
        case "NOT":
            return negate(all_of(parts))
    raise FilterError(f"unknown logical operator {f['operator']!r}; known are AND, OR and NOT")


def _comparison(f: dict[str, Any]) -> Condition:
    for key in ("operator", "value"):
        if key not in f:
            raise FilterError(f"'{key}' key missing in {f}")
    field, operator, value = name_of(f["field"]), f["operator"], f["value"]
    match operator:
        case "==":
            return _equal(field, value)
        case "!=":
            return negate(_equal(field, value))
        case "in" | "not in":
            if not isinstance(value, list):
                raise FilterError(f"'{operator}' wants a list, not {value!r}")
            found = any_of(_equal(field, v) for v in value) if value else FALSE
            return found if operator == "in" else negate(found)
        case _ if operator in _ORDER:
            return FALSE if value is None else compare(field, operator, _ordered(operator, value))
    raise FilterError(f"unknown comparison operator {operator!r}; known are ==, !=, {', '.join(_ORDER)}, in and not in")


def name_of(field: str) -> str:
    """The name of a field, with or without the prefix meta."""
    if field.startswith("meta."):
        return field.removeprefix("meta.")
    if field == "id":
        return "_id"
    if field in _OTHER_FIELDS:
        raise FilterError(f"filters are on meta and id; documents can't be filtered by {field!r}")
    return field


def _equal(field: str, value: Any) -> Condition:
    if value is None:
        return negate(exists(field))
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        raise FilterError(f"{field!r} can't be compared with a list; for one of its elements use 'in'")
    if not isinstance(value, (str, int, float)):
        raise FilterError(f"{field!r} can't be compared with {value!r}")
    return compare(field, "=", value)


def _ordered(operator: str, value: Any) -> Any:
    """A value that has an order: a number or a time."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise FilterError(f"{operator} compares numbers and ISO dates, not the text {value!r}") from None
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FilterError(f"{operator} compares numbers and ISO dates, not {value!r}")
    return value
