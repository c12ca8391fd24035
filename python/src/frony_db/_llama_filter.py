"""Filters of LlamaIndex.

TEXT_MATCH looks for a text within a field, which frony-db's filters can't. Before such a filter is
translated, the values of its field are read, and those that contain the text are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from ._conditions import FALSE, TRUE, all_of, any_of, compare, exists, negate, one_of
from ._metadata import token
from ._types import Condition

_COMPARISONS = {
    FilterOperator.EQ: "=",
    FilterOperator.GT: ">",
    FilterOperator.LT: "<",
    FilterOperator.GTE: ">=",
    FilterOperator.LTE: "<=",
}
_TEXT = (FilterOperator.TEXT_MATCH, FilterOperator.TEXT_MATCH_INSENSITIVE)


def text_fields(filters: MetadataFilters | None) -> set[str]:
    """The fields whose values are needed."""
    found: set[str] = set()
    for f in filters.filters if filters else []:
        if isinstance(f, MetadataFilters):
            found |= text_fields(f)
        elif f.operator in _TEXT:
            found.add(f.key)
    return found


def translate(filters: MetadataFilters | None, values: Mapping[str, set[str]]) -> Condition | None:
    """A filter of LlamaIndex as one of frony-db, given the values of its text_fields."""
    if filters is None or not filters.filters:
        return None
    parts = [
        (translate(f, values) or TRUE) if isinstance(f, MetadataFilters) else _one(f, values) for f in filters.filters
    ]
    match filters.condition or FilterCondition.AND:
        case FilterCondition.AND:
            return all_of(parts)
        case FilterCondition.OR:
            return any_of(parts)
        case FilterCondition.NOT:
            return negate(any_of(parts))


def _one(f: MetadataFilter, values: Mapping[str, set[str]]) -> Condition:
    key, value = f.key, f.value
    match f.operator:
        case FilterOperator.IS_EMPTY:
            return any_of([negate(exists(key)), compare(key, "=", "")])
        case FilterOperator.NE:
            return TRUE if value is None else compare(key, "!=", _scalar(f))
        case FilterOperator.IN:
            return one_of(key, _list(f))
        case FilterOperator.NIN:
            return negate(one_of(key, _list(f)))
        case FilterOperator.CONTAINS:
            return compare(key, "CONTAINS", token(_scalar(f)))
        case FilterOperator.ANY:
            return any_of(compare(key, "CONTAINS", token(v)) for v in _list(f))
        case FilterOperator.ALL:
            return all_of([exists(key), *(compare(key, "CONTAINS", token(v)) for v in _list(f))])
        case FilterOperator.TEXT_MATCH:
            text = _text(f)
            return one_of(key, sorted(v for v in values[key] if text in v))
        case FilterOperator.TEXT_MATCH_INSENSITIVE:
            text = _text(f).lower()
            return one_of(key, sorted(v for v in values[key] if text in v.lower()))
    return FALSE if value is None else compare(key, _COMPARISONS[f.operator], _scalar(f))


def _scalar(f: MetadataFilter) -> Any:
    if f.value is None or isinstance(f.value, list):
        raise ValueError(f"filter: {f.key!r}: {f.operator.value} wants one value, not {f.value!r}")
    return f.value


def _list(f: MetadataFilter) -> Sequence[Any]:
    if not isinstance(f.value, list):
        raise ValueError(f"filter: {f.key!r}: {f.operator.value} wants a list, not {f.value!r}")
    return f.value


def _text(f: MetadataFilter) -> str:
    if not isinstance(f.value, str):
        raise TypeError(f"filter: {f.key!r}: {f.operator.value} wants a text, not {f.value!r}")
    return f.value
