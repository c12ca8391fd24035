"""One database for the tests, in a folder of their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import frony_db


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of servers go to a home directory of the tests."""
    if "FRONYDB_BINARY" not in os.environ:
        pytest.exit("FRONYDB_BINARY must name the frony-db binary under test; 'make test-python' builds one")
    path = tmp_path_factory.mktemp("home")
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(path)
    yield path
    if before is not None:
        os.environ["HOME"] = before


@pytest.fixture(scope="session")
def db(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[frony_db.Database]:
    with frony_db.open(tmp_path_factory.mktemp("data") / "db") as d:
        yield d


@pytest.fixture
def name(db: frony_db.Database) -> Iterator[str]:
    """A name for a collection, which is dropped afterwards."""
    made = "t" + uuid.uuid4().hex[:12]
    yield made
    if made in {c.name for c in db.collections()}:
        db.drop(made)


@pytest.fixture
def notes(db: frony_db.Database, name: str) -> frony_db.Collection:
    c = db.collection(name)
    c.upsert(
        [
            {"id": "seoul", "text": "서울의 봄은 짧다", "metadata": {"lang": "ko", "year": 2024}},
            {"id": "busan", "text": "Winter in Busan is windy", "metadata": {"lang": "en", "year": 2019}},
            {"id": "move", "text": "전입신고는 이사한 날부터 14일 안에 한다", "metadata": {"lang": "ko"}},
        ]
    )
    return c
