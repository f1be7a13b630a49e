#!/usr/bin/python3
"""aslr.py - how much chance there is in where programs lie (behind `make aslr`).

    aslr.py --width 32 [--count 1000]

Boots the program test-aslr, each time with another seed in the device tree, which tells of a hundred starts a boot where image,
stack and a page mapped afterwards were put. The last line is `aslr: image N bits stack N bits mappings N bits`; exit status 1
if one is fewer than AIM, if bits depend on each other, or if a boot repeats another's places.

What is estimated is the collision entropy, in pages: -log2 of the chance that two starts agree. n starts are n(n-1)/2 pairs. That
many pairs hardly ever agree in all bits, so a place is cut in two halves of about as many bits, pairs are counted that agree in
one half, and the two results are added. N is rounded down from the lower end of the interval of 95 % for each half: with chance
in the other direction it would say too little. Adding is right where the halves know nothing of each other; so every place is
also folded onto FOLD bits by random sets of its bits (each bit of the fold is the parity of a set), FOLDS times, and each fold must
have as many bits of entropy as it has bits, but for SLACK. Pairs that agree in all bits give bounds that need none of this: N is no
more than the upper one (99.9 %); the lower one (95 %) is printed, too, but is tight only with many starts.
"""

import argparse
import math
import os
import random
import re
import sys
from collections import Counter

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu")]
from part_scenario import Scenario, image_build  # noqa: E402
from qemu import Machine  # noqa: E402

AIM = {32: 12, 64: 24}
REGION_PAGES = {32: 1024, 64: 512}    # kernel/memory/table.h, TABLE_PAGES
KINDS = ["image", "stack", "mappings"]
PAGE_SHIFT = 12
FOLD, FOLDS, SLACK = 8, 256, 0.3
NORMAL_95, NORMAL_999 = 1.645, 3.09


class AslrError(Exception):
    """What went wrong, as one sentence."""


# --- measuring ---------------------------------------------------------------------------------------------------

def boot(width, image, seed):
    """(the places of the first program, [those of each start]) of a boot, as page numbers."""
    with Machine(width, "16M", image, mode="run", extra=("-seed", str(seed))) as machine:
        machine.wait()
        output = machine.output
    found = {word: [tuple(int(place, 16) >> PAGE_SHIFT for place in line.split()) for line in re.findall(rf"# {word} (.*)", output)]
             for word in ("boot", "start")}
    if len(found["boot"]) != 1 or not found["start"] or "\nok 1" not in output.replace("\r", ""):
        raise AslrError(f"the boot with seed {seed} did not end well:\n" + "\n".join(output.splitlines()[-20:]))
    return found["boot"][0], found["start"]


def measure(width, count):
    """(places of the first program of each boot, places of each start)"""
    image = image_build(Scenario(name="aslr", kernel="kernel", init="test-aslr"), width)
    boots, starts = [], []
    while len(starts) < count:
        first, places = boot(width, image, len(boots) + 1)
        boots.append(first)
        starts += places
    return boots, starts[:count]


# --- reckoning ---------------------------------------------------------------------------------------------------

def agreeing(values):
    return sum(n * (n - 1) // 2 for n in Counter(values).values())


def pairs(count):
    return count * (count - 1) // 2


def at_most(events):
    """The upper end of the interval of 95 % for the mean of a Poisson distribution that gave so many events (Wilson and Hilferty)."""
    more = events + 1
    return more * (1 - 1 / (9 * more) + NORMAL_95 / (3 * math.sqrt(more))) ** 3


def at_least_bits(values):
    """So much collision entropy at least."""
    return max(0.0, math.log2(pairs(len(values)) / at_most(agreeing(values))))


def at_most_bits(values):
    """More collision entropy than this would not have let so many pairs agree."""
    events = agreeing(values)
    if not events:
        return math.inf
    least = events * max(0.0, 1 - 1 / (9 * events) - NORMAL_999 / (3 * math.sqrt(events))) ** 3
    return math.log2(pairs(len(values)) / least) if least else math.inf


def halves_bits(values):
    span = max(values) - min(values)
    cut = (span.bit_length() + 1) // 2
    return at_least_bits([value >> cut for value in values]) + at_least_bits([value & (1 << cut) - 1 for value in values])


def fold_least(values):
    """The fewest bits of entropy of any fold, as estimated."""
    luck = random.Random(1)
    least = float(FOLD)
    changing = [bit for bit in range(max(values).bit_length()) if len({value >> bit & 1 for value in values}) == 2]
    for _ in range(FOLDS if len(changing) >= FOLD else 0):
        sets = []
        while len(sets) < FOLD:     # independent of each other: else a fold would lose bits by itself
            new = sum(1 << bit for bit in changing if luck.random() < 0.5)
            if rank([*sets, new]) > len(sets):
                sets.append(new)
        folded = [tuple((value & chosen).bit_count() & 1 for chosen in sets) for value in values]
        least = min(least, math.log2(pairs(len(values)) / max(1, agreeing(folded))))
    return least if len(changing) >= FOLD else 0.0


def rank(rows):
    """Of a matrix over two elements, each row an integer."""
    basis = []
    for row in rows:
        for other in basis:
            row = min(row, row ^ other)
        if row:
            basis.append(row)
    return len(basis)


def tell(kind, values):
    """Prints what is known of one kind; returns (bits, fewest bits of a fold)."""
    bits, fold = min(halves_bits(values), at_most_bits(values)), fold_least(values)
    print(f"{kind}: {len(set(values))} of {len(values)} places differ, over 2^{math.log2(max(values) - min(values) + 1):.1f} pages; "
          f"{bits:.1f} bits, at least {at_least_bits(values):.1f} by whole places; folds {fold:.2f} of {FOLD}")
    return bits, fold


def wrong(width, bits, folds, boots):
    for kind in KINDS:
        if bits[kind] < AIM[width]:
            yield f"{kind} has {bits[kind]:.1f} bits, and the aim is {AIM[width]}"
        if folds[kind] < FOLD - SLACK:
            yield f"bits of {kind} depend on each other: a fold onto {FOLD} has {folds[kind]:.2f}"
    if len(set(boots)) < len(boots):
        yield "two boots with different seeds had their first program at the same places"


def main():
    parser = argparse.ArgumentParser(description="How much chance is in where programs lie?")
    parser.add_argument("--width", type=int, choices=(32, 64), required=True)
    parser.add_argument("--count", type=int, default=1000)
    args = parser.parse_args()
    if args.count < 500:
        sys.exit("aslr: N must be 500 or more; fewer starts say nothing.")
    os.chdir(TOP)
    try:
        boots, starts = measure(args.width, args.count)
    except AslrError as error:
        sys.exit(f"aslr: {error}")
    print(f"rv{args.width}: {len(boots)} boots, {len(starts)} starts")
    columns = dict(zip(KINDS, zip(*starts)))
    told = {kind: tell(kind, columns[kind]) for kind in KINDS}
    for kind in KINDS[1:]:
        near = [place % REGION_PAGES[args.width] for place, image in zip(columns[kind], columns["image"])
                if place // REGION_PAGES[args.width] == image // REGION_PAGES[args.width]]
        print(f"{kind}: {len(near)} of {args.count} in the image's region; once that is known, {at_least_bits(near):.1f} bits are left")
    first = {kind: {places[n] for places in boots} for n, kind in enumerate(KINDS)}
    print("of the first program, boot by boot: " + ", ".join(f"{len(first[kind])} places of {kind}" for kind in KINDS))
    found = list(wrong(args.width, {kind: bits for kind, (bits, _) in told.items()}, {kind: fold for kind, (_, fold) in told.items()}, boots))
    for sentence in found:
        print(f"aslr: {sentence}.")
    print("aslr: " + " ".join(f"{kind} {math.floor(told[kind][0])} bits" for kind in KINDS))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
