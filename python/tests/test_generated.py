"""The generated modules are what their generators write today."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import frony_db
from frony_db._wire import Call

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "frony_db"
sys.path.insert(0, str(ROOT / "tools"))


def code(module: str) -> str:
    """A module without comments: the wording of a description may change alone."""
    return ast.unparse(ast.parse(module))


def test_types_fit_the_description_of_the_server(db: frony_db.Database) -> None:
    import generate_types

    spec = db._transport.send(Call("GET", "/openapi.json")).json()
    want = generate_types.Generator(spec).module()
    assert code((SOURCE / "_types.py").read_text()) == code(want), "run 'make types-python'"


def test_the_two_clients_are_one() -> None:
    import unasync

    for source, target in unasync.MODULES.items():
        assert (SOURCE / target).read_text() == unasync.translate((SOURCE / source).read_text()), "run tools/unasync.py"
