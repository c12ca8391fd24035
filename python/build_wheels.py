"""Builds the wheels: one for each platform, with a static binary that Go cross-compiles.

    python build_wheels.py [--out dist] [--only linux/amd64 …]

It needs Go and pip.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# A static binary needs no libc: it runs on old systems and on musl. Go 1.26 needs macOS 12.
PLATFORMS = {
    "linux/amd64": "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
}


def compile_binary(platform: str, folder: Path) -> Path:
    """The program for a platform."""
    goos, goarch = platform.split("/")
    binary = folder / goos / goarch / ("frony-db.exe" if goos == "windows" else "frony-db")
    binary.parent.mkdir(parents=True)
    subprocess.run(
        ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(binary), "./cmd/frony-db"],
        cwd=HERE.parent,
        env=os.environ | {"CGO_ENABLED": "0", "GOOS": goos, "GOARCH": goarch},
        check=True,
    )
    return binary


def build(platform: str, binary: Path, out: Path) -> None:
    """The wheel of a platform."""
    # pip fetches hatchling unless it is here.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *isolation, "-w", str(out), str(HERE)],
        env=os.environ | {"FRONYDB_WHEEL_BINARY": str(binary), "FRONYDB_WHEEL_PLATFORM": PLATFORMS[platform]},
        check=True,
    )


def main() -> None:
    """Builds what the arguments ask for."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    p.add_argument("--out", type=Path, default=HERE / "dist")
    p.add_argument("--only", nargs="+", choices=PLATFORMS, default=list(PLATFORMS))
    p.add_argument("--binary", type=Path, help="a binary that was built already, for the one platform of --only")
    arguments = p.parse_args()
    if arguments.binary and len(arguments.only) != 1:
        p.error("--binary needs --only with one platform")
    with tempfile.TemporaryDirectory() as folder:
        for platform in arguments.only:
            binary = arguments.binary or compile_binary(platform, Path(folder))
            build(platform, binary.absolute(), arguments.out)
    for wheel in sorted(arguments.out.glob("*.whl")):
        print(f"{wheel.stat().st_size / 1e6:6.1f} MB  {wheel.name}")


if __name__ == "__main__":
    main()
