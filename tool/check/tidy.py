#!/usr/bin/python3
"""tidy.py - clang-tidy on one file, unless the same text was found clean before.

    tidy.py [--checks=MORE] SOURCE -- FLAGS      exits with 1 and says what clang-tidy said, if it is not content

clang-tidy is slower than any compiler, and most of a test run. What it was content with is kept below
~/.cache/nacre/tidy (or XDG_CACHE_HOME) as an empty file, named by a hash of all it depends on: the preprocessed
source with its comments (a NOLINT counts), the flags, the checks and the program itself. Files that were not used for
a month are removed.
"""
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

TIDY, CLANG = "clang-tidy-14", "clang-14"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nacre" / "tidy"
MONTH_S = 30 * 24 * 3600


def key_of(options, source, flags):
    """None if the file does not even preprocess: clang-tidy will say why."""
    text = subprocess.run([CLANG, "-E", "-C", *flags, source], capture_output=True, check=False)
    if text.returncode:
        return None
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    parts = [version, Path(".clang-tidy").read_bytes(), repr((options, source, flags)).encode(), text.stdout]
    # Where the tree lies makes no difference.
    return hashlib.sha256(b"\0".join(parts).replace(os.getcwd().encode(), b".")).hexdigest()


def forget_old():
    limit = time.time() - MONTH_S
    for file in CACHE.iterdir():
        if file.stat().st_mtime < limit:
            file.unlink(missing_ok=True)


def remember(file):
    """A cache that cannot be written only costs time."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        file.touch()
        if file.name.startswith("00"):      # now and then
            forget_old()
    except OSError:
        pass


def main():
    command = sys.argv[1:]
    split = command.index("--")
    *options, source = command[:split]
    key = key_of(options, source, command[split + 1:])
    known = CACHE / key if key else None
    if known and known.exists():
        remember(known)                     # it was used
        return 0
    ran = subprocess.run([TIDY, "--quiet", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if ran.returncode:
        sys.stdout.buffer.write(ran.stdout)
        return 1
    if known:
        remember(known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
