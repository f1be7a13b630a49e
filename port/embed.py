#!/usr/bin/python3
"""embed.py - files as assembly, for test/port/embed.h.

    embed.py WIDTH FILE[=NAME]...      prints it; NAME is the file's own name where it is left out
"""

import os
import sys


def main():
    width, *files = sys.argv[1:]
    pointer = {"32": ".word", "64": ".dword"}[width]
    table = []
    print('\t.section .rodata.embed, "a"')
    for number, word in enumerate(files):
        path, _, name = word.partition("=")
        print(f'name{number}:\t.asciz "{name or os.path.basename(path)}"\n\t.balign 8')
        print(f'data{number}:\t.incbin "{path}"\n\t.byte 0')
        table.append(f"\t{pointer} name{number}, data{number}, {os.path.getsize(path)}")
    print('\t.section .data.rel.ro.embed, "aw"\n\t.balign 8\n\t.globl embed_files\n\t.hidden embed_files\nembed_files:')
    print("\n".join(table))
    print(f"\t{pointer} 0, 0, 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
