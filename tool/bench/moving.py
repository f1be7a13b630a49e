"""moving.py - bytes from one process to another: where lending begins to cost less than copying, as a table for the book and
as the constant that libraries choose by.

From the benchmarks stream_copy_N, stream_lend_N and stream_ring_N (test/bench/stream): what they measured for these N, and
straight lines between. A loan is of whole pages.
"""

import bisect

SIZES = (64, 256, 1024, 4096, 16384, 65536)
FLOWS = (64, 256, 1024, 4096)
FLOW_BYTES = 65536
WAYS = ("copy", "lend", "ring")
PAGE = 4096
GRAIN = 16          # what the constant is a multiple of
HEADER = "lib/nacre/copy_best.h"
# How far today's crossover may be from the constant: figures may get a little worse without being called worse.
APART, APART_BYTES = 0.25, 64


def median(figures, way, size):
    return figures[f"stream_{way}_{size}"]["median"]


def between(points, at):
    """On straight lines through (x, y) points."""
    right = min(max(bisect.bisect_left([x for x, _ in points], at), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[right - 1:right + 1]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def pages(size):
    return -(-size // PAGE)


def copy_cost(figures, size):
    return between([(one, median(figures, "copy", one)) for one in SIZES], size)


def lend_cost(figures, size):
    return between([(pages(one), median(figures, "lend", one)) for one in SIZES if one >= PAGE], pages(size))


def crossover(figures):
    """The most bytes, in steps of GRAIN, up to which copying never costs more than lending; 0: it always does."""
    best = 0
    for size in range(GRAIN, SIZES[-1] + 1, GRAIN):
        if copy_cost(figures, size) > lend_cost(figures, size):
            break
        best = size
    return best


def agrees(figures, constant):
    return abs(crossover(figures) - constant) <= max(APART_BYTES, APART * constant)


# --- what is written ---------------------------------------------------------------------------------------------

def row(words):
    return "| " + " | ".join(words) + " |\n"


def table(both):
    """What each way costs for each size, and where copying ends to be best."""
    text = row(["bytes", *(f"{way} RV{width}" for width in both for way in WAYS)]) + row(["---:"] * 7)
    for size in SIZES:
        cells = []
        for figures in both.values():
            costs = [median(figures, way, size) for way in WAYS]
            # Copy or lend is the choice of a call; a ring must have been set up.
            best = min(costs[:2])
            cells += [f"**{cost:,}**" if cost == best and way != "ring" else f"{cost:,}" for way, cost in zip(WAYS, costs)]
        text += row([f"{size:,}", *cells])
    text += "\n" + row(["pieces of", *(f"ring, one piece RV{width}" for width in both)]) + row(["---:"] * 3)
    for size in FLOWS:
        text += row([f"{size:,}", *(f"{figures[f'flow_ring_{size}']['median'] * size / FLOW_BYTES:,.0f}" for figures in both.values())])
    ends = " and ".join(f"{crossover(figures):,} bytes on RV{width}" for width, figures in both.items())
    return text + f"\nCopying costs less than lending up to {ends}.\n"


def header(both):
    """The constant, as C."""
    return (f"/* {HEADER.split('/')[-1]} - copy or lend? Written by `make bench-baseline` out of the figures of doc/performance.md, do not edit.\n"
            " * Up to so many bytes a call had better copy. More had better be lent, where they fill pages of their own. In executed\n"
            " * instructions of a call; a loan changes page tables, which costs a real core more than they tell. */\n"
            "#pragma once\n\n"
            f"#define NACRE_COPY_BEST_BYTES (sizeof(void *) == 4 ? {crossover(both['32'])}u : {crossover(both['64'])}u)\n")
