from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parent.parent

QUICKSTART = """
import sys, frony_db
with frony_db.open(sys.argv[1]) as db:
    notes = db.collection("notes")
    notes.upsert([{"id": "1", "text": "서울의 봄은 짧다", "metadata": {"lang": "ko"}}])
    m = notes.search("spring in Seoul", k=1, filter='lang = "ko"')[0]
    print(m.id, frony_db.__file__)
"""


def test_a_wheel_is_all_that_is_needed(tmp_path: Path) -> None:
    goarch = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    host = f"{ {'win32': 'windows'}.get(sys.platform, sys.platform) }/{goarch}"
    if goarch is None:
        pytest.skip(f"there is no wheel for {platform.machine()}")
    dist, target = tmp_path / "dist", tmp_path / "site"
    script = [sys.executable, str(ROOT / "build_wheels.py"), "--out", str(dist), "--only", host]
    subprocess.run([*script, "--binary", os.environ["FRONYDB_BINARY"]], check=True)
    (wheel,) = dist.glob("*.whl")
    assert parse_wheel_filename(wheel.name)[3] & set(sys_tags()), f"{wheel.name} does not suit this machine"
    with zipfile.ZipFile(wheel) as z:
        text = z.read(next(n for n in z.namelist() if n.endswith("/WHEEL"))).decode()
    assert "Root-Is-Purelib: false" in text
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel)], check=True
    )
    environment = {k: v for k, v in os.environ.items() if k != "FRONYDB_BINARY"}
    environment |= {"PYTHONPATH": str(target), "PATH": str(tmp_path)}

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout

    assert run("-c", QUICKSTART, str(tmp_path / "data")).split() == ["1", str(target / "frony_db" / "__init__.py")]
    assert run("-m", "frony_db", "version").startswith("frony-db ")
