"""Filters of LangChain."""

from __future__ import annotations

from typing import Any

from langchain_core.structured_query import Comparator, Comparison, Operation, Operator, StructuredQuery, Visitor

from ._conditions import FALSE, TRUE, all_of, any_of, compare, contains, exists, negate, one_of
from ._types import Condition, Filter

_COMPARISONS = {"$eq": "=", "$ne": "!=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


def translate(filter: Any) -> Filter | None:
    """A filter of LangChain as one of frony-db. A text, and frony-db's JSON, are taken as they are."""
    if filter is None or isinstance(filter, str):
        return filter
    if not isinstance(filter, dict):
        raise TypeError(f"filter: want a dict or a text, not {type(filter).__name__}")
    if {"field", "op"} <= filter.keys() or (len(filter) == 1 and next(iter(filter)) in ("and", "or", "not")):
        return filter  # type: ignore[return-value]
    return _all(filter)


def _all(filter: dict[str, Any]) -> Condition:
    return all_of(_entry(name, value) for name, value in filter.items())


def _entry(name: str, value: Any) -> Condition:
    match name, value:
        case (("$and" | "$or"), [*parts]):
            return (all_of if name == "$and" else any_of)(_all(p) for p in parts)
        case "$not", dict():
            return negate(_all(value))
        case str(), dict() if value and all(isinstance(op, str) and op.startswith("$") for op in value):
            return all_of(_operator(name, op, v) for op, v in value.items())
    if name.startswith("$") or isinstance(value, (dict, list)):
        raise ValueError(
            f"filter: {name!r}: {value!r} is no condition; want a value, or operators as in {{'$in': […]}}"
        )
    return _operator(name, "$eq", value)


def _operator(name: str, op: str, value: Any) -> Condition:
    if value is None and op in ("$eq", "$ne"):
        return negate(exists(name)) if op == "$eq" else exists(name)
    if op in _COMPARISONS:
        return compare(name, _COMPARISONS[op], value)
    match op:
        case "$in":
            return one_of(name, value)
        case "$nin":
            return negate(one_of(name, value))
        case "$contains":
            return contains(name, value)
        case "$not_contains":
            return negate(contains(name, value))
        case "$like" | "$ilike":
            return compare(name, op[1:].upper(), value)
        case "$exists":
            return exists(name) if value else negate(exists(name))
        case "$between":
            if not isinstance(value, (list, tuple)) or len(value) != 2:
                raise ValueError(f"filter: {name!r}: $between wants two values, not {value!r}")
            low, high = value
            return all_of([compare(name, ">=", low), compare(name, "<=", high)])
        case "$not" if isinstance(value, dict):
            return negate(all_of(_operator(name, inner, v) for inner, v in value.items()))
    known = [
        *_COMPARISONS,
        "$in",
        "$nin",
        "$contains",
        "$not_contains",
        "$like",
        "$ilike",
        "$exists",
        "$between",
        "$not",
    ]
    raise ValueError(f"filter: {name!r}: unknown operator {op!r}; known are {', '.join(known)}")


class FronyDBTranslator(Visitor):
    """Translates the structured queries of a self-query retriever."""

    allowed_operators = [Operator.AND, Operator.OR, Operator.NOT]  # noqa: RUF012 - as the base declares them
    allowed_comparators = list(Comparator)  # noqa: RUF012

    def visit_operation(self, operation: Operation) -> Condition:
        """AND, OR and NOT; NOT holds if none of its arguments does."""
        self._validate_func(operation.operator)
        parts: list[Condition] = [a.accept(self) for a in operation.arguments]
        match operation.operator:
            case Operator.AND:
                return all_of(parts) if parts else TRUE
            case Operator.OR:
                return any_of(parts) if parts else FALSE
            case Operator.NOT:
                return negate(any_of(parts))

    def visit_comparison(self, comparison: Comparison) -> Condition:
        """A comparison of an attribute. A value may be {"type": "date", "date": …}."""
        self._validate_func(comparison.comparator)
        value = comparison.value
        if isinstance(value, dict) and {"type", "date"} <= value.keys():
            value = value["date"]
        op = {Comparator.CONTAIN: "$contains"}.get(comparison.comparator, f"${comparison.comparator.value}")
        return _operator(comparison.attribute, op, value)

    def visit_structured_query(self, structured_query: StructuredQuery) -> tuple[str, dict[str, Any]]:
        """The question, and the arguments of the search."""
        arguments: dict[str, Any] = {}
        if structured_query.filter is not None:
            arguments["filter"] = structured_query.filter.accept(self)
        if structured_query.limit is not None:
            arguments["k"] = structured_query.limit
        return structured_query.query, arguments
