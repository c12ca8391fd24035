"""A client from openapi-python-client: create, upload, search, and an error."""

import io
import sys

sys.path.insert(0, "python")
from frony_db_client import Client, models
from frony_db_client.api.collections import create_collection
from frony_db_client.api.documents import upload_documents, upsert_documents
from frony_db_client.api.search import search
from frony_db_client.types import File

c = Client(base_url=sys.argv[1])
again = models.NewCollection(name="python", exist_ok=True)
assert create_collection.sync_detailed(client=c, body=again).status_code == 201
assert create_collection.sync_detailed(client=c, body=again).status_code == 200
refused = create_collection.sync(client=c, body=models.NewCollection(name="python"))
assert refused.error.code == "collection_exists", refused
written = upsert_documents.sync("python", client=c, body=models.WriteDocuments(documents=[models.Document(id="1", text="봄이 왔다")]))
assert written.ids == ["1"], written
r = upload_documents.sync_detailed("python", client=c, body=File(payload=io.BytesIO('{"id":"2","text":"겨울"}\n'.encode())))
assert r.status_code == 200 and b'"written":1' in r.content, r
found = search.sync("python", client=c, body=models.Query(text="봄", k=2, filter_="NOT EXISTS lang"))
assert [m.id for m in found.matches][0] == "1" and len(found.matches) == 2, found
print("openapi-python-client: ok")
