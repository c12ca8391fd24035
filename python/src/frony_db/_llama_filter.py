"""Filters of LlamaIndex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from ._conditions import FALSE, TRUE, all_of, any_of, compare, contains, exists, negate, one_of, within
from ._types import Condition

_COMPARISONS = {
    FilterOperator.EQ: "=",
    FilterOperator.GT: ">",
    FilterOperator.LT: "<",
    FilterOperator.GTE: ">=",
    FilterOperator.LTE: "<=",
}


def translate(filters: MetadataFilters | None) -> Condition | None:
    """A filter of LlamaIndex as one of frony-db; None for none."""
    if filters is None or not filters.filters:
        return None
    parts = [(translate(f) or TRUE) if isinstance(f, MetadataFilters) else _one(f) for f in filters.filters]
    match filters.condition or FilterCondition.AND:
        case FilterCondition.AND:
            return all_of(parts)
        case FilterCondition.OR:
            return any_of(parts)
        case FilterCondition.NOT:
            return negate(any_of(parts))


def _one(f: MetadataFilter) -> Condition:
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
            return contains(key, _scalar(f))
        case FilterOperator.ANY:
            return any_of(contains(key, v) for v in _list(f))
        case FilterOperator.ALL:
            return all_of([exists(key), *(contains(key, v) for v in _list(f))])
        case FilterOperator.TEXT_MATCH:
            return within(key, _text(f))
        case FilterOperator.TEXT_MATCH_INSENSITIVE:
            return within(key, _text(f), fold=True)
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
