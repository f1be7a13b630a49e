#!/usr/bin/python3
"""footprint.py - how large the system is, and how long it takes to its prompt: one line a figure.

    footprint NAME rv32 VALUE UNIT [limit LIMIT] [OVER]

Instructions are counted in QEMU's deterministic mode, where a nanosecond of guest time is one instruction: the boot option
`deadline` ends the machine at a given time, and the latest deadline at which no prompt has come is searched for. Time that
the machine sleeps is counted too, so the figure is never too small. Hashing stands on lines of its own: the boot stage
counts its own, and `uptime` tells init's, to the millisecond. Exit status 1 if a figure is over its limit.
"""

import argparse
import glob
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu")]
from part_scenario import Scenario, image_build  # noqa: E402
from qemu import Machine  # noqa: E402

PROMPT = "nacre> "
GRAIN = 20_000      # instructions; the search ends here
LIMITS = {"prompt_instructions": 20_000_000, "kernel_text": 58 * 1024, "kernel_code_lines": 10_700}
CROSS = "riscv64-unknown-elf-"


def boot(width, deadline_ns, text=""):
    """The serial output of a boot that ends at that guest time, or when the typed text is done."""
    scenario = Scenario(name="footprint", kernel="kernel", options=f"deadline={deadline_ns}")
    with Machine(width, "16M", image_build(scenario, width)) as machine:
        machine.send(text)
        if text:
            machine.send_end()
        machine.wait()
        return machine.output


def prompt_instructions(width):
    """Guest time at which the prompt is out, by bisection. Output is what shows it, so its last character counts too."""
    low, high = 0, 1 << 26
    while PROMPT not in boot(width, high):
        low, high = high, high * 2
    while high - low > GRAIN:
        middle = (low + high) // 2
        low, high = (low, middle) if PROMPT in boot(width, middle) else (middle, high)
    return high


def session_figures(width):
    """What the running system says of itself: instructions spent hashing, RAM in use."""
    text = boot(width, 10**11, "uptime\nmem\n")
    hashing = re.search(r"instructions to the kernel, ([\d,]+) of them hashing", text)
    later = re.search(r"programs: hashed in ([\d.]+) s", text)
    machine = re.search(r"^machine +(\d+) KiB +(\d+) KiB", text, re.MULTILINE)
    services = re.findall(r"^  (?!programs)\S+ +\d+ KiB +(\d+) KiB", text, re.MULTILINE)
    kernel = re.search(r"KiB RAM, (\d+) KiB of it the boot stage's and the kernel's", text)
    ram = int(machine[2]) + sum(map(int, services)) + int(kernel[1])
    return int(hashing[1].replace(",", "")), round(float(later[1]) * 1e9), ram


def kernel_sections(width):
    out = subprocess.run([CROSS + "size", "-A", f"build/rv{width}/kernel.elf"], capture_output=True, text=True, check=True)
    return {line.split()[0]: int(line.split()[1]) for line in out.stdout.splitlines() if line.startswith(".")}


def object_bytes(width):
    """Sizes of the kernel's objects, from its debug information."""
    kinds = ["thread", "server", "connection", "process"]
    asks = [word for kind in kinds for word in ("-ex", f"print (int)sizeof(struct {kind})")]
    out = subprocess.run(["gdb-multiarch", "-q", "-batch", *asks, f"build/rv{width}/kernel.elf"], capture_output=True,
                         text=True, check=True, stdin=subprocess.DEVNULL)
    return dict(zip(kinds, map(int, re.findall(r"^\$\d+ = (\d+)$", out.stdout, re.MULTILINE))))


def code_lines():
    """Lines of the kernel, for both widths, that are neither empty nor comment; simulated host and checks left out."""
    files = [path for path in glob.glob("kernel/**/*.[chS]", recursive=True)
             if not path.startswith(("kernel/arch/host/", "kernel/check/on/", "kernel/check/ubsan/", "kernel/check/planted/"))]
    total = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
        total += sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))
    return total


def figures(width):
    """(name, value, unit) of everything, cheapest last."""
    boot_hash, init_hash, ram = session_figures(width)
    reset = prompt_instructions(width)
    yield "prompt_instructions", reset - boot_hash - init_hash, "instructions"
    yield "hashing_instructions", boot_hash + init_hash, "instructions"
    yield "prompt_ram", ram, "KiB"
    sections = kernel_sections(width)
    yield "kernel_text", sections[".text"], "bytes"
    yield "kernel_constants", sections[".rodata"], "bytes"
    yield "kernel_data", sections.get(".data", 0) + sections[".bss"], "bytes"
    for kind, size in object_bytes(width).items():
        yield f"{kind}_object", size, "bytes"
    yield "kernel_code_lines", code_lines(), "lines"


def tell(width):
    """Prints a width's figures; True if one is over its limit. The limits are for RV32, the first-class citizen."""
    over = False
    for name, value, unit in figures(width):
        limit = LIMITS.get(name) if width == 32 else None
        bad = limit is not None and value > limit
        over = over or bad
        print(f"footprint {name} rv{width} {value} {unit}" + (f" limit {limit}" if limit else "") + (" OVER" if bad else ""),
              flush=True)
    return over


def main():
    parser = argparse.ArgumentParser(description="How large Nacre is, and how long it takes to its prompt.")
    parser.add_argument("--width", type=int, choices=(32, 64), action="append")
    os.chdir(TOP)
    widths = parser.parse_args().width or [32, 64]
    return 1 if any([tell(width) for width in widths]) else 0


if __name__ == "__main__":
    sys.exit(main())
