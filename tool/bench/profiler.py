#!/usr/bin/python3
"""profiler.py - where the instructions of one round of a benchmark go, by function.

The benchmark is counted first, to learn which of its rounds is the median one; a second run, which is the same to the
instruction, writes down every step of that round. All steps with their disassembly go to build/profile-rvNN.txt.
"""

import argparse
import collections
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
import symbols  # noqa: E402


def wanted_of(width, machine, name):
    """What to ask the plugin for, and a word about it: the median round, or the longest stretch."""
    found, off = bench.samples(bench.run_once(width, machine)[0])
    if name.startswith(bench.OFF):
        section = bench.START if name == bench.OFF_BOOT else name
        return [f"stretch={off[section][1]}"], "from one look for interrupts to the next"
    number = bench.median_index(found[name])
    return [f"bench={name}", f"sample={number}"], f"round {number}, without the stub"


def inner(steps, base):
    """The steps from the first entry into the kernel, with the ecall, to the last return: without the stub's."""
    kernel = [at for at, (address, _) in enumerate(steps) if address >= base]
    if not kernel:
        return steps
    first = kernel[0]
    return steps[max(0, first - (steps[first - 1][1] == symbols.ECALL)):kernel[-1] + 1]


def place(found, step):
    """(program's name, function, offset in it)."""
    program, address = found.get(step, (None, 0))
    return (program.name, *program.function(address)) if program else ("?", "?", 0)


def tally(weighted, found):
    """(program, function) -> instructions, and -> entries, of (step, how often) pairs."""
    counts, entries = collections.Counter(), collections.Counter()
    for step, times in weighted:
        program, function, offset = place(found, step)
        counts[program, function] += times
        entries[program, function] += times * (offset == 0)
    return counts, entries


def listing_write(path, steps, found):
    with open(path, "w", encoding="utf-8") as file:
        before = None
        for step in steps:
            program, address = found.get(step, (None, step[0]))
            function, offset = program.function(address) if program else ("?", 0)
            if (program, function) != before:
                file.write(f"{program.name if program else '?'}: {function}\n")
                before = (program, function)
            file.write(f"  {step[0]:x} +{offset:<4} {program.text(address) if program else '?'}\n")


def show(title, counts, entries):
    total = sum(counts.values())
    print(f"{title}: {total} instructions")
    for (program, function), count in counts.most_common():
        if count * 1000 >= total:
            print(f"{count:9} {100 * count / total:5.1f} %  {program:15} {function}  entered {entries[program, function]}x")


def profile_boot(width):
    """Everything from reset to the end of a machine that comes to its prompt and waits there."""
    hits, found = bench.hits_of(width, "prompt")
    show(f"profile {bench.PROMPT} rv{width}, and its end", *tally(hits.items(), found))


def profile_of(width, name):
    """(instructions, entries) of each (program, function) of a figure, and which round; all steps go to a file."""
    machine = bench.machine_of(name)
    wanted, what = wanted_of(width, machine, name)
    steps = [symbols.instruction(*rest) for word, *rest in bench.run_again(width, machine, *wanted) if word == "step"]
    found = bench.hits_of(width, machine)[1]
    if not name.startswith(bench.WHOLE):
        steps = inner(steps, bench.kernel_base(width))
    listing_write(listing(width), steps, found)
    return tally(((step, 1) for step in steps), found), what


def listing(width):
    return f"build/profile-rv{width}.txt"


def profile(width, name):
    (counts, entries), what = profile_of(width, name)
    show(f"profile {name} rv{width} ({what})", counts, entries)
    print(f"Every step: {listing(width)}")


def main():
    parser = argparse.ArgumentParser(description="Where the instructions of a benchmark go.")
    parser.add_argument("--width", type=int, choices=(32, 64), action="append")
    parser.add_argument("--bench", required=True, help="name of a figure of `make bench`")
    args = parser.parse_args()
    os.chdir(bench.TOP)
    if not args.bench:
        raise bench.BenchError("say of what: `make profile BENCH=call_reply_w0`; `make bench` lists all names.")
    if args.bench in bench.SUMS:
        raise bench.BenchError(f"{args.bench} is the sum of {' and '.join(bench.SUMS[args.bench])}; profile one of them.")
    bench.machines_for(args.bench)
    for width in args.width or [32, 64]:
        if args.bench in (bench.PROMPT, "boot_hashing"):
            profile_boot(width)
        else:
            profile(width, bench.measure(width)[bench.OFF_MAX]["of"] if args.bench == bench.OFF_MAX else args.bench)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        main()
    except (bench.BenchError, bench.ScenarioError) as error:
        sys.exit(f"profile: {error}")
