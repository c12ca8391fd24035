"""Exports original.jsonl and rewrites the exports with pandas, polars and duckdb.

    pip install pandas pyarrow polars duckdb
    python make.py path/to/frony-db

The files that it writes are committed; TestRoundTripThroughTools imports them.
"""
import os, subprocess, sys, tempfile

import duckdb
import pandas as pd
import polars as pl

frony = os.path.abspath(sys.argv[1])
os.chdir(os.path.dirname(os.path.abspath(__file__)))
with tempfile.TemporaryDirectory() as dir:
    def run(*args):
        subprocess.run([frony, "--db", f"{dir}/db", *args, "-q"], check=True)

    run("import", "original.jsonl", "--precomputed")
    for format in ("jsonl", "csv", "tsv", "parquet"):
        run("export", "--embeddings", "-o", f"{dir}/x.{format}")
    x = f"{dir}/x"

    pd.read_parquet(f"{x}.parquet").to_parquet("pandas.parquet", index=False)
    pd.read_json(f"{x}.jsonl", lines=True, dtype=False).to_json("pandas.jsonl", orient="records", lines=True, force_ascii=False)
    pd.read_json(f"{x}.jsonl", lines=True, dtype=False).to_json("pandas-array.json", orient="records", force_ascii=False)
    pd.read_csv(f"{x}.csv").to_csv("pandas.csv", index=False)
    pd.read_csv(f"{x}.csv").to_csv("pandas-excel.csv", index=False, encoding="utf-8-sig", sep=";")
    pd.read_csv(f"{x}.tsv", sep="\t").to_csv("pandas.tsv", index=False, sep="\t")

    pl.read_parquet(f"{x}.parquet").write_parquet("polars.parquet")
    pl.read_ndjson(f"{x}.jsonl").write_ndjson("polars.jsonl")
    pl.read_csv(f"{x}.csv").write_csv("polars.csv")
    pl.read_csv(f"{x}.tsv", separator="\t").write_csv("polars.tsv", separator="\t")

    for ext, options in (("parquet", "format parquet"), ("jsonl", "format json"), ("json", "format json, array true")):
        read = f"{x}.parquet" if ext == "parquet" else f"{x}.jsonl"
        duckdb.sql(f"copy (select * from '{read}') to 'duckdb.{ext}' ({options})")
    duckdb.sql(f"copy (select * from read_csv('{x}.csv')) to 'duckdb.csv' (header)")
    duckdb.sql(f"copy (select * from read_csv('{x}.tsv', delim='\t')) to 'duckdb.tsv' (header, delimiter '\t')")
