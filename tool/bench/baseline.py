#!/usr/bin/python3
"""baseline.py - makes today's figures those that later ones are compared with, and writes them into the book.

    test/bench/baseline.json      RV32 and RV64: name -> median
    doc/performance.md            the tables between the comments `bench` and `/bench`, and `moving` and `/moving`
    doc/picture/moving.svg        the chart beside the latter (chart.py)
    lib/nacre/copy_best.h         the constant that follows from it (moving.py)
"""

import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
import chart  # noqa: E402
import moving  # noqa: E402

BASELINE = "test/bench/baseline.json"
PAGE = "doc/performance.md"
BLOCKS = ("bench", "moving")
WIDTHS = (32, 64)
# How much worse a figure may get without being called worse. What is below 34 instructions may not get worse at all.
SLACK = 0.03
# How much hashing there is depends on what is in the image, and the boot stage tells of it.
UNCHECKED = {"boot_hashing"}
DETAILS = ["user", "loads", "stores", "jumps", "code_lines", "data_lines", "pages", "outside", "first"]


def read():
    """{"32": {name: figure}, "64": ...}, as they were written."""
    try:
        with open(BASELINE, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise bench.BenchError(f"cannot read {BASELINE} ({error}); `make bench-baseline` writes it.") from error


def kept(figures):
    """Without what means nothing later."""
    return {name: {key: value for key, value in one.items() if key != "stretch"} for name, one in figures.items()}


def worse(old, new):
    """Sentences about figures that are worse than they were, or are not on both sides."""
    found = []
    for name in sorted(set(old) | set(new)):
        if name not in new:
            found.append(f"{name} is in {BASELINE} and was not measured.")
        elif name not in old:
            found.append(f"{name} was measured and is not in {BASELINE}.")
        elif name not in UNCHECKED and new[name]["median"] > old[name]["median"] * (1 + SLACK):
            found.append(f"{name} takes {new[name]['median']} instructions, {new[name]['median'] / old[name]['median'] - 1:+.1%} "
                         f"against {old[name]['median']}.")
    return found


# --- the page ----------------------------------------------------------------------------------------------------

def number(value):
    return f"{value:,}" if value is not None else ""


def row(words):
    return "| " + " | ".join(words) + " |\n"


def table_beside(both):
    """What has an anchor, beside it."""
    anchors = {width: bench.anchors(width) for width in WIDTHS}
    notes = bench.notes()
    text = row(["", *(f"{title} RV{width}" for width in WIDTHS for title in ("Nacre", "seL4", "target"))])
    text += row(["---"] + ["---:"] * 6)
    for name in anchors[32]:
        words = [f"`{name}`" + (f" (seL4: {notes[name]})" if name in notes else "")]
        for width in WIDTHS:
            anchor, one = anchors[width].get(name, {}), both[str(width)][name]
            words += [number(one["median"]), number(anchor.get("sel4")), number(anchor.get("gate"))]
        text += row(words)
    return text


def table_all(both):
    """Every figure."""
    text = row(["", *(f"{title} RV{width}" for width in WIDTHS for title in ("median", "min", "max"))])
    text += row(["---"] + ["---:"] * 6)
    for name in both["32"]:
        text += row([f"`{name}`", *(number(both[str(width)][name][key]) for width in WIDTHS for key in ("median", "min", "max"))])
    return text


def table_cost(both):
    """What the median round of the figures with anchors consists of, on RV32."""
    text = row(["RV32", "instructions", *(key.replace("_", " ") for key in DETAILS)])
    text += row(["---"] + ["---:"] * (len(DETAILS) + 1))
    for name in bench.anchors(32):
        one = both["32"][name]
        if "loads" in one:
            text += row([f"`{name}`", number(one["median"]), *(number(one[key]) for key in DETAILS)])
    return text


def block(name, both):
    """What stands between two comments of the page."""
    if name == "moving":
        text = moving.table(both)
    else:
        text = (table_beside(both) + "\nEvery figure:\n\n" + table_all(both) + "\nWhat one round consists of:\n\n" + table_cost(both))
    return f"<!-- {name} -->\n{text}<!-- /{name} -->\n"


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def page_with(both):
    """The page with the tables of these figures."""
    text = read_text(PAGE)
    for name in BLOCKS:
        found = re.search(f"<!-- {name} -->\n.*?<!-- /{name} -->\n", text, re.DOTALL)
        if not found:
            raise bench.BenchError(f"{PAGE} has no lines <!-- {name} --> and <!-- /{name} -->, between which tables belong.")
        text = text.replace(found.group(), block(name, both))
    return text


def written(both):
    """Path -> text of all that follows from the baseline."""
    return {PAGE: page_with(both), chart.PICTURE: chart.draw(both), moving.HEADER: moving.header(both)}


def stale(both):
    """What shows other figures."""
    return [path for path, text in written(both).items() if read_text(path) != text]


def main():
    os.chdir(bench.TOP)
    both = {str(width): kept(bench.measure(width)) for width in WIDTHS}
    bench.write(BASELINE, both)
    for path, text in written(both).items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    print(f"Written: {BASELINE}, {', '.join(written(both))}.")


if __name__ == "__main__":
    try:
        main()
    except (bench.BenchError, bench.ScenarioError) as error:
        sys.exit(f"bench-baseline: {error}")
