"""Makes the Parquet files that parquet-go can't write. pip install pyarrow numpy"""
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))
f16 = np.float16
half = [f16(0.5), f16(-65504), f16(5.9604645e-08), f16(1 / 3)]
base = {"id": pa.array([1.0, 2.0]), "text": ["a", "b"]}
pq.write_table(pa.table(base | {
    "half": pa.array([f16(1.5), None], pa.float16()),
    "nan": pa.array([float("nan"), 2.5]),
    "big": pa.array([9007199254740992.0, 1.0]),
    "embedding": pa.array([half, half], pa.list_(pa.float16())),
}), "halves.parquet")
pq.write_table(pa.table(base | {"embedding": pa.array([half, half], pa.list_(pa.float16(), 4))}), "halves_fixed.parquet")
pq.write_table(pa.table(base | {"embedding": pa.array([[1, -128], [127, 0]], pa.list_(pa.int8()))}), "int8.parquet")
pq.write_table(pa.Table.from_arrays([pa.array(["1"]), pa.array(["a"]), pa.array(["b"])], names=["id", "text", "text"]), "twice.parquet")
