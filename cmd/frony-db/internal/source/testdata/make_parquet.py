"""Writes types.parquet with pyarrow (pip install pyarrow), as another program's
file that the reader is tested against. Run it in this folder."""

import datetime as dt
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

utc = dt.timezone.utc
table = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "text": pa.array(["첫째", "second", None], pa.large_string()),
        "title": pa.array(["제목", None, "t"], pa.string()).dictionary_encode(),
        "embedding": pa.array([[0.5, -1.0], None, [2.0, 3.0]], pa.list_(pa.float32())),
        "fixed": pa.array([True, None, False], pa.bool_()),
        "i8": pa.array([-8, None, 8], pa.int8()),
        "u32": pa.array([4294967295, None, 0], pa.uint32()),
        "u64": pa.array([1, None, 2], pa.uint64()),
        "f32": pa.array([0.5, None, 1.0], pa.float32()),
        "f64": pa.array([0.1, None, 3.0], pa.float64()),
        "price": pa.array([decimal.Decimal("12.30"), None, decimal.Decimal("-0.05")], pa.decimal128(30, 2)),
        "whole": pa.array([decimal.Decimal("7"), None, decimal.Decimal("-7")], pa.decimal128(9, 0)),
        "day": pa.array([dt.date(2024, 5, 3), None, dt.date(1969, 12, 31)], pa.date32()),
        "ms": pa.array([dt.datetime(2024, 5, 3, 1, 2, 3, 4000), None, dt.datetime(1969, 12, 31, 23, 59, 59)], pa.timestamp("ms")),
        "us": pa.array([dt.datetime(2024, 5, 3, 1, 2, 3, 5, tzinfo=utc), None, None], pa.timestamp("us", "UTC")),
        "clock": pa.array([dt.time(1, 2, 3), None, None], pa.time64("us")),
        "tags": pa.array([["x", "y"], None, []], pa.list_(pa.string())),
        "author": pa.array(
            [{"name": "김", "org": {"city": "서울"}}, None, {"name": None, "org": None}],
            pa.struct([("name", pa.string()), ("org", pa.struct([("city", pa.string())]))]),
        ),
        "metadata": pa.array(['{"k": [1]}', None, '{"k": "v"}'], pa.string()),
        "nothing": pa.nulls(3),
        "raw": pa.array([b"bytes", None, b""], pa.binary()),
    }
)
pq.write_table(table, "types.parquet", row_group_size=2, compression="snappy", use_deprecated_int96_timestamps=False)

unsupported = pa.table(
    {
        "text": pa.array(["a"]),
        "map": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
        "nested": pa.array([[["x"]]], pa.list_(pa.list_(pa.string()))),
        "structs": pa.array([[{"a": 1, "b": 2}]], pa.list_(pa.struct([("a", pa.int64()), ("b", pa.int64())]))),
        "one": pa.array([[{"a": 1}]], pa.list_(pa.struct([("a", pa.int64())]))),
        "stamp": pa.array([dt.datetime(2024, 5, 3, 1, 2, 3, 4)], pa.timestamp("ns")),
        "ints": pa.array([[1, 2]], pa.list_(pa.int64())),
        "uuid": pa.array([bytes(range(16))], pa.binary(16)),
    }
)
pq.write_table(unsupported, "unsupported.parquet", compression="none", use_deprecated_int96_timestamps=True)
