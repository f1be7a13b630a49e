#!/usr/bin/python3
"""chart.py - a picture of what moving bytes costs: copied, lent, through a ring, by size, on both widths.

    chart.py            draws doc/picture/moving.svg from the last `make bench`, build/bench-rv32.json and its sibling

`make bench-baseline` draws the same from the figures that it writes down.
"""

import json
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import moving  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PICTURE = "doc/picture/moving.svg"
BACK, TEXT, GRID, STRONG = "#1d2126", "#c8d0d8", "#3a414a", "#ffffff"
COLORS = {"copy": "#e0a458", "lend": "#7fb7a6", "ring": "#8fa8d8"}
PANEL_WIDTH, PANEL_HEIGHT, LEFT, TOP_EDGE, GAP, BELOW, LINE = 330, 280, 64, 44, 84, 40, 14


def short(number):
    return f"{number // 1024} KiB" if number >= 1024 else str(number)


class Panel:
    """One width: where a size and a cost lie."""

    def __init__(self, number, lowest, highest):
        self.left = LEFT + number * (PANEL_WIDTH + GAP)
        self.low, self.high = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))

    def x(self, size):
        first, last = math.log2(moving.SIZES[0]), math.log2(moving.SIZES[-1])
        return self.left + PANEL_WIDTH * (math.log2(size) - first) / (last - first)

    def y(self, cost):
        return TOP_EDGE + PANEL_HEIGHT * (self.high - math.log10(cost)) / (self.high - self.low)

    def frame(self):
        bottom = TOP_EDGE + PANEL_HEIGHT
        for power in range(self.low, self.high + 1):
            y = self.y(10 ** power)
            yield f'<line x1="{self.left}" y1="{y:.1f}" x2="{self.left + PANEL_WIDTH}" y2="{y:.1f}" stroke="{GRID}"/>\n'
            yield f'<text x="{self.left - 8}" y="{y + 4:.1f}" text-anchor="end">{10 ** power:,}</text>\n'
        for size in moving.SIZES:
            yield f'<line x1="{self.x(size):.1f}" y1="{TOP_EDGE}" x2="{self.x(size):.1f}" y2="{bottom}" stroke="{GRID}"/>\n'
            yield f'<text x="{self.x(size):.1f}" y="{bottom + 18}" text-anchor="middle">{short(size)}</text>\n'


def points_of(figures, way):
    """(size, cost): of copies what the constant is worked out from, of loans a step a page, of rings what was measured."""
    first, last = moving.SIZES[0], moving.SIZES[-1]
    if way == "ring":
        return [(size, moving.median(figures, way, size)) for size in moving.SIZES]
    if way == "copy":
        return [(size, moving.copy_cost(figures, size)) for size in (int(first * 2 ** (step / 8)) for step in range(81))]
    return [(size, moving.lend_cost(figures, size)) for page in range(last // moving.PAGE)
            for size in (max(first, page * moving.PAGE + 1), (page + 1) * moving.PAGE)]


def curve(panel, figures, way):
    text = " ".join(f"{panel.x(size):.1f},{panel.y(cost):.1f}" for size, cost in points_of(figures, way))
    yield f'<polyline points="{text}" fill="none" stroke="{COLORS[way]}" stroke-width="2"/>\n'
    for size in moving.SIZES:
        yield f'<circle cx="{panel.x(size):.1f}" cy="{panel.y(moving.median(figures, way, size)):.1f}" r="3" fill="{COLORS[way]}"/>\n'


def labels(panel, figures):
    """The curves' names at their ends, one below the other."""
    before = 0.0
    for y, way in sorted((panel.y(moving.median(figures, way, moving.SIZES[-1])), way) for way in moving.WAYS):
        before = max(y, before + LINE)
        yield f'<text x="{panel.left + PANEL_WIDTH + 8}" y="{before + 4:.1f}" fill="{COLORS[way]}">{way}</text>\n'


def mark(panel, figures):
    """Where copying ends to be best."""
    size = moving.crossover(figures)
    if size < moving.SIZES[0]:
        return
    x, bottom = panel.x(size), TOP_EDGE + PANEL_HEIGHT
    yield f'<line x1="{x:.1f}" y1="{panel.y(moving.copy_cost(figures, size)):.1f}" x2="{x:.1f}" y2="{bottom}" stroke="{STRONG}" stroke-dasharray="3 3"/>\n'
    yield f'<text x="{x + 6:.1f}" y="{bottom - 8}" fill="{STRONG}">{size:,} bytes</text>\n'


def draw(both):
    """The picture, of {"32": figures, "64": figures}."""
    costs = [moving.median(figures, way, size) for figures in both.values() for way in moving.WAYS for size in moving.SIZES]
    width, height = LEFT + 2 * PANEL_WIDTH + GAP + 56, TOP_EDGE + PANEL_HEIGHT + BELOW
    text = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
            "<title>Executed instructions to move bytes to another process, by size</title>\n"
            f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>\n'
            f'<g font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12" fill="{TEXT}">\n')
    for number, (name, figures) in enumerate(both.items()):
        panel = Panel(number, min(costs), max(costs))
        text += f'<text x="{panel.left}" y="26" font-size="14" fill="{STRONG}">RV{name}: instructions, by bytes moved</text>\n'
        text += "".join(panel.frame())
        text += "".join(part for way in moving.WAYS for part in curve(panel, figures, way))
        text += "".join(labels(panel, figures)) + "".join(mark(panel, figures))
    return text + "</g>\n</svg>\n"


def read(width):
    path = f"build/bench-rv{width}.json"
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        sys.exit(f"chart: there is no {path}; `make bench` writes it.")


def write(both):
    with open(PICTURE, "w", encoding="utf-8") as file:
        file.write(draw(both))


if __name__ == "__main__":
    os.chdir(TOP)
    write({str(width): read(width) for width in (32, 64)})
    print(f"Written: {PICTURE}.")
