#!/usr/bin/python3
"""coverage.py - which lines and branches of the portable kernel the host tests reach (behind `make coverage`).

    coverage.py FOLDER [FILE.c]    FOLDER has the tests as make coverage builds them; FILE: shows what of it was not reached
                                   without FILE it ends with  coverage: lines PERCENT branches PERCENT

Lines count where a test executed them, branches where a condition came out both ways: each way is one branch. Conditions of
`assert` (kernel/types.h) are left out: in a sound kernel they come out one way only. So is the checker, kernel/check, which
asserts and nothing else, and the simulated processor. How much is left out is printed. Nothing else is, and no line can ask
for it. Exit status 1 below 95 % of the lines or 90 % of the branches.
"""

import glob
import json
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
LLVM = "-14"
MACRO = re.compile(r"\bassert\(")
LEFT_OUT = ("kernel/check/", "kernel/arch/")
LEAST = (95, 90)


def run_tests(folder):
    """Runs each test program; returns the merged profile."""
    for program in tests(folder):
        done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
                              env={**os.environ, "LLVM_PROFILE_FILE": f"{program}.profraw"})
        if done.returncode:
            sys.exit(f"coverage: {program} fails; see make test ONLY=host.{os.path.basename(program)}")
    raw = [f"{program}.profraw" for program in tests(folder)]
    profile = f"{folder}/profile"
    subprocess.run([f"llvm-profdata{LLVM}", "merge", "-sparse", *raw, "-o", profile], check=True)
    for path in raw:
        os.unlink(path)
    return profile


def tests(folder):
    return sorted(path for path in glob.glob(f"{folder}/kernel_*") if "." not in os.path.basename(path))


def export(folder, profile):
    """{path: (segments, branches)} of each source of the kernel."""
    programs = tests(folder)
    words = [f"llvm-cov{LLVM}", "export", f"-instr-profile={profile}", programs[0]]
    for program in programs[1:]:
        words += ["-object", program]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    for file in told["data"][0]["files"]:
        path = os.path.relpath(os.path.realpath(file["filename"]), TOP)
        if path.startswith("kernel/") and not path.startswith(LEFT_OUT):
            yield path, file["segments"], file["branches"]


def left_out():
    """What is not measured, in words."""
    assertions = 0
    for path in glob.glob("kernel/**/*.[ch]", recursive=True):
        if not path.startswith(LEFT_OUT):
            with open(path, encoding="utf-8") as file:
                assertions += len(MACRO.findall(file.read()))
    files = [path for folder in LEFT_OUT for path in glob.glob(f"{folder}**/*.c", recursive=True)]
    return f"left out: conditions of {assertions} assertions, {len(files)} files of {' and '.join(LEFT_OUT)}"


def asserted_lines(text):
    """Numbers of the lines that an assertion's brackets span."""
    lines = set()
    for match in MACRO.finditer(text):
        end, depth = match.end(), 1
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        lines |= set(range(text.count("\n", 0, match.start()) + 1, text.count("\n", 0, end) + 2))
    return lines


def line_counts(segments):
    """{line: how often} for lines where code begins or goes on: the most of the regions on it, as llvm-cov counts."""
    counts = {}
    for (line, _, count, has_count, is_entry, is_gap), after in zip(segments, [*segments[1:], [segments[-1][0], 0] + 4 * [0]]):
        if not has_count or is_gap:
            continue
        for number in range(line, max(after[0], line + 1) + (1 if after[1] > 1 and after[0] > line else 0)):
            if is_entry or number not in counts:
                counts[number] = max(counts.get(number, 0), count)
    return counts


def file_figures(path, segments, branches):
    """(lines reached, lines, branches reached, branches, what was not reached)."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        text = file.read()
    counts, skipped = line_counts(segments), asserted_lines(text)
    ways = {}
    for line, column, _, _, true_count, false_count, *_ in branches:
        if line not in skipped:
            old = ways.get((line, column), (0, 0))
            ways[line, column] = (old[0] + true_count, old[1] + false_count)
    missed = [f"{path}:{line}: not reached" for line, count in sorted(counts.items()) if not count]
    missed += [f"{path}:{line}:{column}: never {word}" for (line, column), pair in sorted(ways.items())
               for word, count in zip(("true", "false"), pair) if not count]
    return (sum(map(bool, counts.values())), len(counts), sum(bool(way) for pair in ways.values() for way in pair), 2 * len(ways),
            missed)


def percent(part, whole):
    return f"{100 * part / whole:6.1f}" if whole else "      "


def main(folder, wanted=None):
    os.chdir(TOP)
    total = [0, 0, 0, 0]
    found = {}
    for path, segments, branches in export(folder, run_tests(folder)):
        if segments:
            found[path] = file_figures(path, segments, branches)
    if wanted:
        if wanted not in found:
            sys.exit(f"coverage: {wanted} is none of the files that are measured; make coverage lists them.")
        print("\n".join(found[wanted][4]))
        return 0
    print(f"{'file':40} lines reached   %      branches reached   %")
    for path, figures in sorted(found.items()):
        total = [a + b for a, b in zip(total, figures)]
        print(f"{path:40} {figures[0]:6} of {figures[1]:4} {percent(*figures[:2])} {figures[2]:9} of {figures[3]:4} {percent(*figures[2:4])}")
    print(f"{'all':40} {total[0]:6} of {total[1]:4} {percent(*total[:2])} {total[2]:9} of {total[3]:4} {percent(*total[2:])}")
    print(left_out())
    print(f"coverage: lines {percent(*total[:2]).strip()} branches {percent(*total[2:]).strip()}")
    return int(any(100 * total[n] < least * total[n + 1] for n, least in zip((0, 2), LEAST)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
