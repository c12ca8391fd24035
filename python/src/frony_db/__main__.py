"""`python -m frony_db …` runs the bundled frony-db program."""

import subprocess
import sys

from ._binary import find

if __name__ == "__main__":
    try:
        sys.exit(subprocess.run([find(), *sys.argv[1:]], check=False).returncode)
    except KeyboardInterrupt:
        sys.exit(130)
