"""Mistakes that Python itself does not notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import frony_db
from frony_db import Collection, ConnectionFailed, Database, NotFoundError
from frony_db._transport import Endpoint, Transport

SINGLE = "want a list, not 'seoul'; write .'seoul'."


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda c: c.delete("seoul"), TypeError, f"ids: {SINGLE}"),
        (lambda c: c.get_many("seoul"), TypeError, f"ids: {SINGLE}"),
        (lambda c: c.update({"source": "x"}, "seoul"), TypeError, f"ids: {SINGLE}"),
        (lambda c: c.upsert({"id": "1", "text": "x"}), TypeError, "document 0 is 'id'; want a list of dicts"),
        (lambda c: c.insert(["a text"]), TypeError, "document 0 is 'a text'; want a list of dicts"),
        (lambda c: c.upload([{"id": "1", "text": "x"}, 5]), TypeError, "document 1 is 5; want a list of dicts"),
        (lambda c: c.replace_source("s", ["a text"]), TypeError, "document 0 is 'a text'"),
        (lambda c: c.facets(["lang"]), TypeError, r"""as facets\("lang", "year"\)"""),
        (lambda c: c.facets(), TypeError, "want names of fields"),
        (lambda c: c.get(5), TypeError, "names and ids are texts, not int: 5"),
        (lambda c: c.get(""), ValueError, "a name or an id is empty"),
    ],
)
def test_single_values(notes: Collection, call: Callable[[Any], object], error: type[Exception], says: str) -> None:
    """A text is a sequence of texts, and a dict one of its keys: a delete of "1999" would delete 1 and 9."""
    notes.upsert([{"id": letter, "text": letter} for letter in "seoul"])
    with pytest.raises(error, match=says):
        call(notes)
    assert notes.count() == 3 + len(set("seoul"))


def test_single_values_of_a_database(db: Database, notes: Collection) -> None:
    anything: Any = "seoul"
    with pytest.raises(TypeError, match=f"collections: {SINGLE}"):
        db.search(anything, "spring")
    with pytest.raises(TypeError, match=f"texts: {SINGLE}"):
        db.embed_passages(anything)


@pytest.mark.parametrize("url", ["127.0.0.1:7700", "localhost", "ftp://localhost", "http://", ""])
def test_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="want http://HOST:PORT"):
        frony_db.connect(url)
    with pytest.raises(ValueError, match="want http://HOST:PORT"):
        frony_db.connect_async(url)


def test_a_collection_that_must_exist(db: Database, name: str) -> None:
    with pytest.raises(NotFoundError, match=name):
        db.collection(name, create=False)
    assert name not in {c.name for c in db.collections()}
    db.collection(name, precomputed=True, dims=3)
    assert db.collection(name, create=False).info().dims == 3
    assert db.collection(name, precomputed=True, dims=3).name == name
    with pytest.raises(ValueError, match="has 3 dims, not 4"):
        db.collection(name, precomputed=True, dims=4)


def test_a_failure_without_a_text_is_named() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    endpoint = Endpoint("http://test", retries=0, transport=lambda: httpx.MockTransport(fail))
    with pytest.raises(ConnectionFailed, match="no answer from http://test: ReadTimeout"):
        Collection(Transport(endpoint), "c").count()
