#!/usr/bin/python3
"""demo.py - the tour behind `make demo` (doc/demo.md): boots system/demo.toml in QEMU with a disk and a network card, has the
guest's `demo` run, shows what it says, and looks for itself at what only the host can see.

    demo.py --width 32 [--seed N] [--deaths N] [--seconds N]

The console is one of the services that are killed. So the guest numbers what one of its clients prints ("~ 000123 ... ~"), and
here each number must have come, at least once. On a terminal the last of these lines stands at the bottom and is written anew;
elsewhere they are left out. Exit status 0: nothing was lost, and as many died as were asked for.
"""

import argparse
import os
import re
import sys

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu")]

import part_scenario  # noqa: E402
from part_scenario import Scenario, disks_build, image_build  # noqa: E402
from qemu import Machine, drive_words, net_words  # noqa: E402

DEATHS, SEED, SECONDS = 100, 1, 300
DISK_KIB = 1024
# Those that are replaced by another file: the same program again, under another name.
REPLACED = ["virtio-blk", "virtio-net", "uart16550", "goldfish-rtc", "rng", "files", "log", "time"]
NUMBERED = re.compile(r"~ (\d{6}) requests (\d+) deaths (\d+) ~$")
LAST = re.compile(r"^demo: requests (\d+) lost (\d+) deaths (\d+) longest-gap-instructions (\d+)$", re.MULTILINE)
ROW = re.compile(r"^  ([a-z0-9-]+)" + 8 * r" +(\d+)" + "$", re.MULTILINE)


def scenario(width):
    """The machine: all programs of the tree, those of the demo, and a second file of each that is replaced."""
    folder = f"build/rv{width}/program"
    files = {"bin/demo": f"{folder}/test-demo", "bin/demo-hostile": f"{folder}/test-demo_hostile",
             "bin/demo-killer": f"{folder}/test-demo_killer"}
    files.update({f"bin/next-{name}": f"{folder}/{name}" for name in REPLACED})
    return Scenario(name="demo", kernel="kernel", system="demo", files=files, disk=[{"kib": DISK_KIB}])


def goals(width):
    """What make builds first."""
    return part_scenario.goals(scenario(width), width)


class Screen:
    """Shows lines as they come."""

    def __init__(self, show):
        self.show, self.terminal = show, show and sys.stdout.isatty()
        self.seen = 0
        self.numbers = set()
        self.torn = 0

    def line(self, text):
        match = NUMBERED.search(text)
        if match:
            self.numbers.add(int(match[1]))
            if self.terminal:
                print(f"\r  {int(match[2]):>9,} requests, {match[3]} deaths", end="", flush=True)
        elif text.startswith("~") or text.endswith("~"):
            self.torn += 1          # one that died half way; it comes again, and the numbers tell
        elif self.show:
            print(f"{chr(13) + chr(27) + '[K' if self.terminal else ''}{text}", flush=True)

    def take(self, output):
        end = output.rfind("\n") + 1
        for text in output[self.seen:end].split("\n")[:-1]:
            self.line(text)
        self.seen = max(self.seen, end)


def follow(machine, screen):
    """Until QEMU ends. Lines are shown as they come."""
    while machine.step() is not None:
        screen.take(machine.output)
    machine.wait()
    screen.take(machine.output if machine.output.endswith("\n") else machine.output + "\n")


def missing(numbers):
    """Numbers below the last that never came."""
    return sorted(set(range(1, max(numbers, default=0) + 1)) - numbers)


def run(width, seed, deaths, seconds, show):
    """(what went wrong or "", the output)."""
    one = scenario(width)
    image = image_build(one, width)
    paths, options = disks_build(one, width)
    screen = Screen(show)
    with Machine(width, one.mem, image, "typed", extra=[*drive_words(paths, options), *net_words()], seconds=seconds) as machine:
        try:
            if not machine.expect(r"nacre> "):
                return "the machine did not come to its prompt", machine.output
            machine.send(f"demo {seed} {deaths}\n")
            screen.seen = len(machine.output)
            follow(machine, screen)
        except TimeoutError:
            return f"the tour took more than {seconds} s", machine.output
    return verdict(machine, screen, deaths), machine.output


def verdict(machine, screen, deaths):
    lines = machine.output.rstrip().split("\n")
    last = LAST.fullmatch(lines[-1])
    if not last:
        return f"the last line is {lines[-1]!r}, not the account"
    if int(last[2]) or int(last[3]) < deaths:
        return f"{last[2]} requests were lost, and {last[3]} services died where {deaths} had to"
    if gone := missing(screen.numbers):
        return f"of {max(screen.numbers)} numbered lines on the console {len(gone)} never came, the first of them {gone[0]}"
    if not screen.numbers:
        return "no numbered line came on the console"
    return f"QEMU's exit status was {machine.status}" if machine.status else ""


def main():
    parser = argparse.ArgumentParser(description="A tour of Nacre in which nothing stays alive and nothing is lost.")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--seed", type=int, default=SEED, help="of the order and the moments of the deaths")
    parser.add_argument("--deaths", type=int, default=DEATHS, help="at least so many")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the host's, at most")
    args = parser.parse_args()
    os.chdir(TOP)
    wrong, output = run(args.width, args.seed, args.deaths, args.seconds, True)
    if wrong:
        print("\n".join(["", *output.splitlines()[-10:]]), file=sys.stderr)
        sys.exit(f"demo: {wrong}; the same again: make demo WIDTH={args.width} SEED={args.seed}")


if __name__ == "__main__":
    main()
