from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from frony_db._metadata import REST, pack, unpack


def test_any_json_comes_back() -> None:
    rng = random.Random(1)
    print("seed 1")

    def value(depth: int) -> Any:
        leaves: list[Any] = [None, True, 0, 1, -(2**63), 2**63, 2**70, 1.5, 2.0, "", "x", "2024-05-01", []]
        if depth == 0 or rng.random() < 0.5:
            return rng.choice(leaves)
        if rng.random() < 0.5:
            return [value(depth - 1) for _ in range(rng.randint(0, 3))]
        return mapping(depth - 1)

    def mapping(depth: int) -> dict[str, Any]:
        names = ["a", "b", "a.b", "b.a", "a.b.a", "", "_frony_json", "_frony_x", "한글"]
        return {rng.choice(names): value(depth) for _ in range(rng.randint(0, 4))}

    for _ in range(2000):
        want = mapping(3)
        stored = pack(want)
        assert unpack(stored) == want
        assert {k: type(v) for k, v in unpack(stored).items()} == {k: type(v) for k, v in want.items()}
        for name, v in stored.items():
            assert name == REST or not name.startswith("_frony_")
            assert name
            if isinstance(v, list):
                assert v
                assert len({type(x) for x in v}) == 1
            else:
                assert isinstance(v, (str, bool, float)) or -(2**63) <= v < 2**63


def test_fields_for_filters() -> None:
    packed = pack(
        {"author": {"name": "Kim", "age": 7, "tags": [1, "a"]}, "sizes": [1, 2.5, True], "ints": [1, 2], "none": None}
    )
    del packed[REST]
    assert packed == {
        "author.name": "Kim",
        "author.age": 7,
        "author.tags": ["1", "a"],
        "sizes": ["1", "2.5", "true"],
        "ints": [1, 2],
    }


def test_other_types() -> None:
    at = datetime(2024, 5, 1, 9, tzinfo=UTC)
    packed = pack({"at": at, "day": date(2024, 5, 1), "vector": np.array([1.5, 2.5]), "in": {"at": at}})
    assert unpack(packed) == {
        "at": at.isoformat(),
        "day": "2024-05-01",
        "vector": [1.5, 2.5],
        "in": {"at": at.isoformat()},
    }
    assert pack({"n": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)}) == {"n": 3, "f": 0.5, "b": True}
    with pytest.raises(TypeError, match="object is not JSON"):
        pack({"x": object()})
    with pytest.raises(TypeError, match="no string"):
        pack({1: "x"})  # type: ignore[dict-item]
