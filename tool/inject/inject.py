#!/usr/bin/python3
"""inject.py - plants faults in running drivers, and counts what came of them (behind `make inject`; doc/reliability.md).

    inject.py --width 32 --count 1000 --driver virtio-blk --seed 1          the cases 0 to 999
    inject.py --width 32 --driver virtio-blk --seed 1 --case 17             that one alone
    inject.py --width 32 --count 4000                                       a quarter in each of four drivers

The faults are planted in the guest, by test/target/inject; what came of each case it writes to the second disk, which is read
here. One boot runs as many cases as it can. When a case takes the machine with it, or the driver does not come back, that is
counted, and a new machine goes on with the next case. All lines are kept in build/inject.
"""

import argparse
import json
import os
import re
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu")]

import part_scenario  # noqa: E402
from qemu import Machine, drive_words  # noqa: E402

DRIVERS = ("virtio-blk", "virtio-net", "virtio-rng", "uart16550")
SECTOR = 512
DISK_SECTORS = 2048          # load_block.c expects so many
BATCH = 2000                 # cases a boot: the second disk has a sector for each
STUCK_SECONDS = 600           # of wall clock without a case
STEP_SECONDS = 0.02
SAMPLES = 50
FLOOD_SECONDS, FLOOD_BYTES = 0.1, 8000
QUEUE_REGISTERS = {0x38, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4}   # virtio 1.2, 4.2.2: size of a queue, addresses of its rings
NET = ["-netdev", "hubport,id=port0,hubid=0", "-device", "virtio-net-device,netdev=port0,mac=52:54:00:00:00:0a",
       "-netdev", "hubport,id=port1,hubid=0", "-device", "virtio-net-device,netdev=port1,mac=52:54:00:00:00:0b",
       "-device", "virtio-rng-device"]
KERNEL = re.compile(r"kernel panic: .*|kernel: .* failed.*", re.MULTILINE)


def line_of(sign, number):
    """The lines of test/target/inject/load_console.c."""
    state = (number * 2654435761 + ord(sign)) & 0xffffffff
    letters = ""
    for _ in range(40):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        letters += chr(ord("a") + (state >> 24) % 26)
    return f"{sign}{number} {letters}"


def ask(stream, command, arguments=None):
    """A command of QEMU's machine protocol."""
    stream.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
    stream.flush()
    while "return" not in (answer := json.loads(stream.readline())):
        pass # events
    return answer["return"]


class Flood:
    """A broken console prints for as long as it may. QEMU writes byte by byte, so reading at leisure is much faster then."""

    def __init__(self):
        self.since, self.size = time.monotonic(), 0

    def rest(self, size):
        """size: of what has come since the last time."""
        self.size += size
        now = time.monotonic()
        if now - self.since > FLOOD_SECONDS:
            self.since, self.size = now, self.size // 2
        if self.size > FLOOD_BYTES:
            time.sleep(STEP_SECONDS)


class Trace:
    """What QEMU's virtio devices were told in their registers. Where the rings of sound drivers lie is learnt before the first
    fault; each driver keeps its DMA memory for good, so a successor tells the same."""

    def __init__(self, path):
        self.file = open(path, encoding="utf-8", errors="replace")
        self.rest, self.sound = "", set()

    def told(self):
        """(register, value) of what was written to registers of queues since the last time."""
        lines = (self.rest + self.file.read()).split("\n")
        self.rest = lines.pop()
        words = [re.match(r"(?:\d+@[\d.]+:)?virtio_mmio_write_offset \S+ offset (0x[0-9a-f]+) value (0x[0-9a-f]+)", line)
                 for line in lines]
        found = ((int(word[1], 16), int(word[2], 16)) for word in words if word)
        return {(offset, value) for offset, value in found if offset in QUEUE_REGISTERS}

    def learn(self):
        self.sound |= self.told()

    def escapes(self):
        return {f"{offset:#x}={value:#x}" for offset, value in self.told() - self.sound}


class Campaign:
    """The cases of one driver on one width."""

    def __init__(self, width, driver, seed, folder, kernel):
        self.width, self.driver, self.seed, self.folder = width, driver, seed, folder
        self.scenario = part_scenario.Scenario(name=f"inject_{driver}_{seed}", system="inject", kernel=kernel,
                                               files={"bin/test-inject": "{build}/program/test-inject"})
        self.image = part_scenario.image_build(self.scenario, width)
        os.makedirs("build/inject", exist_ok=True)
        self.cases, self.boots, self.answered = [], 0, set()

    def run(self, first, end):
        while first < end:
            first = self.boot(first, min(end, first + BATCH))

    def boot(self, first, end):
        """Cases as long as this machine lives; answers which is next."""
        self.boots += 1
        self.answered.clear()
        paths = [os.path.join(self.folder, name) for name in ("disk0", "disk1")]
        for path in paths:
            with open(path, "wb") as file:
                file.truncate((DISK_SECTORS if path.endswith("0") else BATCH + 8) * SECTOR)
        log = os.path.join(self.folder, "trace")
        open(log, "w", encoding="utf-8").close()
        extra = [*drive_words(paths), *NET, "-trace", "virtio_mmio_write_offset", "-D", log,
                 "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off"]
        with Machine(self.width, "16M", self.image, "typed", extra=extra, seconds=10**6) as machine, open(paths[1], "rb") as disk:
            machine.send(f"test-inject {self.driver} {self.seed} {first} {end}\n")
            return self.watch(machine, disk, Trace(log), first, end)

    def watch(self, machine, disk, trace, first, end):
        n, seen, ready, alive, flood = first, 0, False, True, Flood()
        heard = time.monotonic()
        while True:
            before = len(machine.output)
            alive = alive and machine.step(seconds=STEP_SECONDS) is not None
            flood.rest(len(machine.output) - before)
            seen = self.reply(machine, seen)
            if seen > 1 << 16: # what was looked at is only for telling how it ended
                machine.output, seen = machine.output[seen - 4096:], 4096
            state = self.sector(disk, 0)
            if not ready:
                trace.learn()
            ready = ready or bool(state)
            while n < end and self.sector(disk, n - first + 1):
                self.note(self.sector(disk, n - first + 1), trace)
                n, heard = n + 1, time.monotonic()
            if n == end:
                return n
            failed = KERNEL.search(machine.output)
            if failed or not alive:
                return self.fail(n, "kernel", failed.group() if failed else f"QEMU ended: {machine.output[-1800:]}")
            if state and state not in ("ready", "done"):
                return self.fail(n, "start", state)
            if time.monotonic() - heard > STUCK_SECONDS:
                return self.fail(n, "kernel" if ready else "boot",
                                 f"nothing came for {STUCK_SECONDS} s; {self.where()}; {machine.output[-1800:]}")

    def where(self):
        """Where the machine's CPU was found most often, in a machine that does not go on."""
        found = {}
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(f"{self.folder}/qmp")
            stream = line.makefile("rw")
            stream.readline()
            ask(stream, "qmp_capabilities")
            for _ in range(SAMPLES):
                text = ask(stream, "human-monitor-command", {"command-line": "info registers"})
                state = tuple(re.search(rf"(?m)^ *{name} +([0-9a-f]+)", text)[1] for name in ("pc", "satp", "scause"))
                found[state] = found.get(state, 0) + 1
                time.sleep(STEP_SECONDS)
        often = sorted(found, key=found.get, reverse=True)[:6]
        return ", ".join(f"{found[state]} times at pc {state[0]} satp {state[1]} scause {state[2]}" for state in often)

    def reply(self, machine, seen):
        """Types the host's part of load_console.c."""
        text = machine.output[seen:]
        last = text.rfind("\n") + 1
        if self.driver != "uart16550":
            return seen + last
        for line in re.findall(r"\?\d+ [^\n]*", text[:last]):
            number = int(re.match(r"\?(\d+)", line)[1])
            if number in self.answered: # a broken driver may say the same for ever
                continue
            self.answered.add(number)
            machine.send((line_of("!", number) if line.endswith(line_of("?", number)) else "!wrong") + "\n")
        return seen + last

    def sector(self, disk, number):
        return os.pread(disk.fileno(), SECTOR, number * SECTOR).split(b"\0")[0].decode(errors="replace").strip()

    def note(self, line, trace):
        case = dict(word.split("=", 1) for word in line.split())
        told = trace.escapes()
        case["told"] = ",".join(sorted(told)) or "-"
        self.cases.append(case)
        with open(self.kept(), "a", encoding="utf-8") as file:
            file.write(" ".join(f"{key}={value}" for key, value in case.items()) + "\n")

    def fail(self, n, how, why):
        """The case that the machine ended in, or that could not begin: then the one before left the driver unusable."""
        self.cases.append({"case": str(n), "failure": how, "why": why})
        with open(self.kept(), "a", encoding="utf-8") as file:
            file.write(f"case={n} failure={how} why={why!r}\n")
        if how == "boot":
            sys.exit(f"inject: the machine does not come to the first case: {why}")
        return n + 1

    def kept(self):
        return f"build/inject/rv{self.width}-{self.driver}-{self.seed}.txt"


# --- counting ----------------------------------------------------------------------------------------------------

def failed(case):
    return case.get("failure")


def is_activated(case):
    return bool(failed(case)) or case["executed"] == "1" or case["answer"] != "right" or case["ended"] != "lives"


def escaped(case):
    return not failed(case) and (case["escapes"] != "0" or case["canary"] != "0" or case["told"] != "-")


def count(cases, test):
    return sum(1 for case in cases if test(case))


def ended(*ways):
    return lambda case: not failed(case) and case["ended"] in ways


def totals(cases):
    """The figures of the last line, in its order."""
    return {
        "faults": len(cases),
        "activated": count(cases, is_activated),
        "crashes": count(cases, ended("crash", "exit")),
        "hangs": count(cases, ended("hang")),
        "recovered": count(cases, lambda case: not failed(case) and case["recovered"] == "1"),
        "dma-escapes": count(cases, escaped),
        "kernel-failures": count(cases, lambda case: failed(case) == "kernel"),
    }


def details(cases):
    """What the last line has no place for."""
    whole = [case for case in cases if not failed(case)]
    return {
        "planted": count(whole, lambda case: case["planted"] == "1"),
        "wrong answers": count(whole, lambda case: case["answer"] == "wrong"),
        "silent": count(whole, lambda case: case["ended"] == "lives" and case["answer"] == "late"),
        "refused": count(whole, lambda case: case["ended"] == "lives" and case["answer"] == "refused"),
        "by init": count(whole, lambda case: case["by"] == "init" and case["recovered"] == "1"),
        "by an operator": count(whole, lambda case: case["by"] == "operator" and case["recovered"] == "1"),
        "neighbours died": count(whole, lambda case: case["neighbours"] != "0"),
    }


def by_kind(cases):
    kinds = {}
    for case in cases:
        if not failed(case):
            kinds.setdefault(case["kind"], []).append(case)
    for kind, own in sorted(kinds.items()):
        print(f"  {kind:12} {len(own):6} planted {count(own, is_activated):6} activated {count(own, ended('crash', 'exit')):6} crashes "
              f"{count(own, ended('hang')):5} hangs {count(own, lambda case: case['answer'] == 'wrong'):5} wrong")


def show(name, cases):
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in {**totals(cases), **details(cases)}.items()), flush=True)
    for case in cases:
        if failed(case):
            print(f"  case {case['case']}: {case['failure']}: {case['why']}")
        elif case["recovered"] != "1" or escaped(case):
            print("  " + " ".join(f"{key}={value}" for key, value in case.items()))


def main():
    parser = argparse.ArgumentParser(description="Plants faults in running drivers.")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--driver", default="", help="its folder in driver/; four of them without it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--kernel", default="kernel", choices=("kernel", "kernel-test"), help="kernel-test: with its invariant checks")
    args = parser.parse_args()
    os.chdir(TOP)
    os.makedirs("build/inject", exist_ok=True)
    drivers = [args.driver] if args.driver else list(DRIVERS)
    first, end = (args.case, args.case + 1) if args.case is not None else (0, args.count // len(drivers))
    everything = []
    for driver in drivers:
        with tempfile.TemporaryDirectory() as folder:
            campaign = Campaign(args.width, driver, args.seed, folder, args.kernel)
            if args.case is None and os.path.exists(campaign.kept()):
                os.remove(campaign.kept())
            begun = time.monotonic()
            campaign.run(first, end)
        show(f"{driver}, RV{args.width}, seed {args.seed}, {campaign.boots} boots, {time.monotonic() - begun:.0f} s", campaign.cases)
        everything += campaign.cases
    if args.case is not None:
        print("\n".join(" ".join(f"{key}={value}" for key, value in case.items()) for case in everything))
    by_kind(everything)
    more = details(everything)
    print("inject: " + ", ".join(f"{key} {value}" for key, value in more.items()))
    result = totals(everything)
    print("inject: " + " ".join(f"{key} {value}" for key, value in result.items()), flush=True)
    return 1 if result["kernel-failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
