"""The tour of `make demo`, shorter: everything is killed under its clients, and nobody loses a request (doc/demo.md).

demo.account.rvNN      so many services die, and each request of an idempotent protocol is answered rightly
demo.drivers.rvNN      a killed driver answers its next client within so many instructions
demo.load.rvNN         the services had requests under way when they died, and each that can be replaced was
demo.hostile.rvNN      the hostile program got nowhere
One run a width, on the kernel that people run. What is counted is instructions, without what waits for the host.
"""

import os
import re
import sys

from check import TOP, WIDTHS, Check, Job, failed, passed, tail

sys.path.insert(0, os.path.join(TOP, "tool/demo"))
import demo  # noqa: E402

DEATHS, SEED, SECONDS = 27, 7, 300
INSTRUCTIONS = 1_000_000
DRIVERS = {"virtio-blk", "virtio-net", "uart16550", "goldfish-rtc"}
CHECKS = {
    "account": f"at least {DEATHS} services die under their clients, and no request is lost",
    "drivers": f"a driver that was killed answers its next client within {INSTRUCTIONS} instructions",
    "load": "most died with requests under way, and each but names was replaced while it was in use",
    "hostile": "what a hostile program tries is refused, in words, and it is ended when it touches what is not its own",
}


def rows(output):
    """{service: (deaths, while busy, replaced, requests, asked again, lost, mean, longest)}"""
    return {row[0]: tuple(map(int, row[1:])) for row in demo.ROW.findall(output)}


def drivers_wrong(table):
    late = [f"{name} took {row[7]} instructions" for name, row in table.items() if name in DRIVERS and row[7] > INSTRUCTIONS]
    return ", ".join(late) or ("" if DRIVERS <= set(table) else "not every driver is in the table")


def load_wrong(table):
    deaths, busy = (sum(row[place] for row in table.values()) for place in (0, 1))
    idle = [name for name, row in table.items() if name != "names" and row[2] != 1]
    if idle:
        return f"{idle[0]} was not replaced"
    return "" if busy * 2 >= deaths > 0 else f"only {busy} of {deaths} died with a request under way"


def hostile_wrong(output):
    section = re.search(r"^=== 3\..*?^===", output, re.MULTILINE | re.DOTALL)
    refused = len(re.findall(r"^  \S.{51} \S", section[0], re.MULTILINE)) if section else 0
    if not refused or "IT WORKED" in section[0]:
        return "something worked, or nothing was tried"
    return "" if "it ended: killed by the kernel" in section[0] else "the program was not ended"


def job(width):
    names = {check: f"demo.{check}.rv{width}" for check in CHECKS}

    def run(_):
        wrong, output = demo.run(width, SEED, DEATHS, SECONDS, False)
        table = rows(output)
        found = {"account": wrong, "drivers": drivers_wrong(table), "load": load_wrong(table), "hostile": hostile_wrong(output)}
        for check, name in names.items():
            yield failed(name, f"{tail(output)}\n{found[check]}") if found[check] else passed(name)

    return Job([Check(names[check], sentence) for check, sentence in CHECKS.items()], run, goals=demo.goals(width),
               repeat=f"tool/demo/demo.py --width {width} --seed {SEED} --deaths {DEATHS}")


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
