#!/usr/bin/python3
"""bench.py - counts the instructions of the benchmarks: one line a figure, and build/bench-rvNN.json.

    bench NAME rv32 MEDIAN MIN MAX UNIT [seL4 N (RATIO)] [gate N (RATIO)] [stretch N]

Boots the programs of test/bench/ in QEMU's deterministic mode with the counting plugin (count.c), which sees the marks that
the programs execute (test/bench/bench.h). Nothing is timed, and two runs agree in every figure.
On a busy host QEMU hands over an interrupt of the stress test some instructions later in one run of about 30; there a run
counts when a second one is the same.
RATIO is ours to theirs: below 1 we need fewer instructions.
"""

import argparse
import functools
import json
import os
import re
import signal
import sys
import tempfile
import tomllib

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu"), os.path.join(TOP, "tool/image")]
from part_scenario import DEADLINE_STATUS, Scenario, ScenarioError, image_build  # noqa: E402
from qemu import Machine  # noqa: E402
from elf import Elf  # noqa: E402
import symbols  # noqa: E402

PLUGIN = "build/host/count.so"
ANCHORS = "test/bench/anchors.toml"
WARM = 8        # test/bench/bench.h
ENOUGH = 32     # samples
UART = 0x10000000
OFF, OFF_BOOT, OFF_MAX = "irqs_off_", "irqs_off_boot", "irqs_off_max"
CHECK = "check_"    # not a figure: for the test part
# Of these all between the marks counts: what a library does in front of a system call, or without one, is part of it.
WHOLE = ("stream_", "flow_")
PROMPT = "boot_to_prompt"
START = "start"     # the plugin's section before the first benchmark
COLUMNS = ["sample", "window", "kernel", "loads", "stores", "jumps", "code_lines", "data_lines", "pages"]
SYSTEM = {"kernel": "kernel", "deadline_s": 30, "status": DEADLINE_STATUS}
# Name -> the machine: four programs that run as init, and two whole systems, which end by deadline.
MACHINES = {
    "kernel": Scenario(name="bench-kernel", kernel="kernel", init="bench-kernel"),
    "spawn": Scenario(name="bench-spawn", kernel="kernel", init="bench-spawn"),
    "stream": Scenario(name="bench-stream", kernel="kernel", init="bench-stream"),
    "stress": Scenario(name="bench-stress", kernel="kernel", init="bench-stress"),
    "system": Scenario(name="bench-system", system="bench", files={"bin/bench-system": "{build}/program/bench-system"}, **SYSTEM),
    "prompt": Scenario(name="bench-prompt", **SYSTEM),
}
UNSTEADY = ("stress",)
RUNS = 6            # at most, until two are the same
HASHING = re.compile("block_hash|sha256_")  # functions of base/sha256.c
# A figure that is the sum of others.
SUMS = {"fault_resume": ["fault_to_handler", "fault_reply"], "memory_create_destroy_1p": ["memory_create_1p", "memory_destroy_1p"]}


class BenchError(Exception):
    """What went wrong, as one sentence, perhaps with output behind it."""


# --- running -----------------------------------------------------------------------------------------------------

def kernel_base(width):
    """Lowest address of the kernel."""
    with open(f"build/rv{width}/kernel.elf", "rb") as file:
        return min(segment.vaddr for segment in Elf(file.read()).loads())


@functools.cache
def image_of(width, machine):
    """Made once, so that a second run is of the very same image."""
    return image_build(MACHINES[machine], width)


def run(width, machine, *more):
    """What the plugin wrote, as lists of words, and the serial output."""
    scenario = MACHINES[machine]
    with tempfile.TemporaryDirectory(prefix="nacre-bench-") as folder:
        out = f"{folder}/count"
        words = ",".join([PLUGIN, f"out={out}", f"kernel={kernel_base(width):x}", f"uart={UART:x}", *more])
        with Machine(width, scenario.mem, image_of(width, machine), extra=["-plugin", words], seconds=300) as qemu:
            status = qemu.wait()
            output = qemu.output
        if "ould not load plugin" in output or "lugin support" in output:
            raise BenchError("this QEMU does not load plugins, without which nothing is counted; Debian's can.")
        if status != scenario.status or "not ok" in output:
            raise BenchError(f"{scenario.name} failed on RV{width} with status {status}; the end of its output:\n{output[-2000:]}")
        with open(out, encoding="utf-8") as file:
            return [line.split() for line in file], output


def agreed(width, machine):
    """run(), and where that is unsteady the first run that was seen twice."""
    seen = []
    for _ in range(RUNS if machine in UNSTEADY else 1):
        seen.append(run(width, machine))
        if machine not in UNSTEADY or any(before[0] == seen[-1][0] for before in seen[:-1]):
            return seen[-1]
    raise BenchError(f"of {RUNS} runs of {machine} on RV{width} no two were the same; something in it follows the host's time.")


@functools.cache
def run_once(width, machine):
    """agreed(), kept for whoever asks again."""
    return agreed(width, machine)


def run_again(width, machine, *more):
    """The lines of a run that is the same as run_once() but for what is asked for besides."""
    for _ in range(RUNS):
        lines = run(width, machine, *more)[0]
        if [line for line in lines if line[0] != "step"] == run_once(width, machine)[0]:
            return lines
    raise BenchError(f"none of {RUNS} runs of {machine} on RV{width} was like the one that was counted.")


def programs(width, machine):
    """Kernel, firmware, and the programs that may have run, as symbols.locate() wants them."""
    folder = f"build/rv{width}"
    paths = [f"{folder}/program/bench-{machine}"]
    if not MACHINES[machine].init:
        with open(f"{folder}/image.files", encoding="utf-8") as file:
            paths += [f"{folder}/program/init", *(word.split("=")[1] for word in file.read().split() if "=" in word)]
    kernel, firmware, *others = [symbols.Program(f"{path}.elf") for path in [f"{folder}/kernel", f"{folder}/boot", *paths]
                                 if os.path.exists(f"{path}.elf")]
    return kernel, firmware, others


# --- from samples to figures -------------------------------------------------------------------------------------

def samples(lines):
    """(benchmark -> its samples, each a dict of COLUMNS; benchmark -> (longest stretch with interrupts off, its number))."""
    found, off, current = {}, {}, START
    for word, *rest in lines:
        if word == "bench":
            current = rest[0]
            found.setdefault(current, [])
        elif word == "sample":
            one = dict(zip(COLUMNS, map(int, rest)))
            found[current].append({**one, "sample": one["window"]} if current.startswith(WHOLE) else one)
        elif word == "off":
            off[current] = tuple(map(int, rest))
    return found, off


def figure(taken):
    """Median, minimum and maximum of the warm samples, and what the median one consists of.

    first: the very first round; outside: what the program executed between the marks besides, loading registers and
    storing results; code_lines, data_lines: of 32 bytes, and pages: how many different ones were touched."""
    warm = sorted(taken[WARM:], key=lambda one: one["sample"])
    middle = warm[len(warm) // 2]
    return {"median": middle["sample"], "min": warm[0]["sample"], "max": warm[-1]["sample"], "unit": "instructions",
            "first": taken[0]["sample"], "rounds": len(warm), "outside": middle["window"] - middle["sample"],
            "user": middle["sample"] - middle["kernel"], **{key: middle[key] for key in COLUMNS[2:]}}


def single(value, **more):
    """A figure of which there is one sample."""
    return {"median": value, "min": value, "max": value, "unit": "instructions", **more}


def median_index(taken):
    """Number of the warm sample that figure() calls the median."""
    order = sorted(range(WARM, len(taken)), key=lambda index: taken[index]["sample"])
    return order[len(order) // 2]


@functools.cache
def hits_of(width, machine):
    """(executed instruction -> how often, executed instruction -> its program and address there) of a whole run."""
    lines, _ = run_once(width, machine)
    hits = {symbols.instruction(*rest[:2]): int(rest[2]) for word, *rest in lines if word == "hits"}
    return hits, symbols.locate(set(hits), *programs(width, machine))


def boot_figures(width, runner):
    """From reset to the last byte of the prompt, with hashing told apart: how much that is depends on what is in the image."""
    lines, output = runner(width, "prompt")
    if "nacre> " not in output:
        raise BenchError(f"RV{width} does not come to a prompt; the end of its output:\n{output[-2000:]}")
    hits, found = hits_of(width, "prompt")
    hashing = sum(hits[key] for key, (program, address) in found.items() if HASHING.match(program.function(address)[0]))
    if not hashing:
        raise BenchError("no instruction of the boot hashes, so its functions must have other names; correct HASHING in bench.py.")
    total = next(int(rest[0]) for word, *rest in lines if word == "uart")
    stretch = samples(lines)[1][START]
    return {PROMPT: single(total - hashing), "boot_hashing": single(hashing), OFF_BOOT: single(stretch[0], stretch=stretch[1])}


def figures_of(width, machine, runner):
    """Name -> figure, of one machine."""
    if machine == "prompt":
        return boot_figures(width, runner)
    found, off = samples(runner(width, machine)[0])
    figures = {}
    for name, taken in found.items():
        if name.startswith(CHECK):
            continue
        if name.startswith(OFF):
            figures[name] = single(off[name][0], stretch=off[name][1])
        elif len(taken) >= WARM + ENOUGH:
            figures[name] = figure(taken)
        elif taken:
            raise BenchError(f"the benchmark {name} has {len(taken)} samples on RV{width}, and needs {WARM + ENOUGH}.")
    return figures


def measure(width, machines=MACHINES, runner=run_once):
    """Name -> figure, of all machines."""
    figures = {}
    for machine in machines:
        figures |= figures_of(width, machine, runner)
    for name, parts in SUMS.items():
        if all(part in figures for part in parts):
            figures[name] = {**{key: sum(figures[part][key] for part in parts) for key in ("median", "min", "max")},
                             "unit": "instructions", "sum_of": parts}
    stretches = {name: one for name, one in figures.items() if name.startswith(OFF)}
    if stretches:
        worst = max(stretches, key=lambda name: stretches[name]["median"])
        figures[OFF_MAX] = single(stretches[worst]["median"], of=worst)
    return figures


def machine_of(name):
    """The machine that measures it, which for most is the one in whose sources its name stands; None: there is none."""
    for machine in MACHINES:
        folder = f"test/bench/{machine}"
        for path in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(f"{folder}/{path}", encoding="utf-8") as file:
                if f'BENCH("{name}")' in file.read():
                    return machine
    return "prompt" if name in (PROMPT, "boot_hashing", OFF_BOOT) else None


def machines_for(name):
    """Those that must run for a figure; all for no name, and for what is found among all."""
    if name in ("", OFF_MAX):
        return MACHINES
    wanted = {machine_of(part) for part in SUMS.get(name, [name])}
    if None in wanted:
        raise BenchError(f'nothing is called "{name}"; `make bench` lists all names.')
    return wanted


# --- telling -----------------------------------------------------------------------------------------------------

def anchors(width):
    """Name -> {"sel4": N, "gate": N, "stretch": N}, those there are."""
    with open(ANCHORS, "rb") as file:
        table = tomllib.load(file)
    return {name: {key.removesuffix(f"_{width}"): value for key, value in row.items() if key.endswith(f"_{width}")}
            for name, row in table.items()}


def notes():
    """Name -> how what seL4 did differs."""
    with open(ANCHORS, "rb") as file:
        return {name: row["note"] for name, row in tomllib.load(file).items() if "note" in row}


def line(name, width, one, anchor):
    words = [f"bench {name} rv{width} {one['median']} {one['min']} {one['max']} {one['unit']}"]
    for key, title in (("sel4", "seL4"), ("gate", "gate"), ("stretch", "stretch")):
        if key in anchor:
            words.append(f"{title} {anchor[key]} ({one['median'] / anchor[key]:.2f})")
    return "  ".join(words)


def tell(width, figures):
    known = anchors(width)
    for name, one in figures.items():
        print(line(name, width, one, known.get(name, {})), flush=True)


def write(path, figures):
    """JSON with a line for each figure, so that differences can be read."""
    def table(rows, indent):
        lines = [f"{indent} {json.dumps(name)}: " + (json.dumps(one) if "median" in one else table(one, indent + " "))
                 for name, one in rows.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"

    with open(path, "w", encoding="utf-8") as file:
        file.write(table(figures, "") + "\n")


def main():
    parser = argparse.ArgumentParser(description="Counts the instructions of Nacre's benchmarks.")
    parser.add_argument("--width", type=int, choices=(32, 64), action="append")
    parser.add_argument("--bench", default="", help="only this one")
    args = parser.parse_args()
    os.chdir(TOP)
    for width in args.width or [32, 64]:
        figures = measure(width, machines_for(args.bench))
        if not args.bench:
            write(f"build/bench-rv{width}.json", figures)
        tell(width, {name: one for name, one in figures.items() if args.bench in ("", name)})
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main())
    except (BenchError, ScenarioError) as error:
        sys.exit(f"bench: {error}")
