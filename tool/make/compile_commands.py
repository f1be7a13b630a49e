#!/usr/bin/python3
"""compile_commands.py - reads what `make --dry-run V=1` would run and prints compile_commands.json for editors.

A compiler's line ends in `-c -o OBJECT SOURCE`; ccache and the shell's `mkdir ... &&` before it are dropped. Each
source is listed once, as its first compiler sees it. clangd does not know gcc's -misa-spec.
"""

import json
import os
import re
import sys

LINE = re.compile(r"(?:^|&& )(?:\S*/ccache )?(\S*(?:gcc|clang-14) .* -c -o (\S+) (\S+))$")


def main():
    entries = {}
    for line in sys.stdin:
        match = LINE.search(line.rstrip())
        if match:
            words = [word for word in match.group(1).split() if not word.startswith("-misa-spec")]
            entries.setdefault(match.group(3), {"directory": os.getcwd(), "file": match.group(3), "arguments": words,
                                                "output": match.group(2)})
    json.dump(list(entries.values()), sys.stdout, indent=1)
    return 0 if entries else 1


if __name__ == "__main__":
    sys.exit(main())
