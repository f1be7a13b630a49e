"""Everything at once in one machine (tool/soak/soak.py, doc/soak.md), shorter.

soak.growth.rvNN       ROUNDS rounds find nothing, and in each but the first everybody comes back to what it had before
soak.pressure.rvNN     meanwhile services died, programs ended and crashed, and clients were answered: it was no idle machine
On the kernel that people run, for time; make soak plays on the one that proves its invariants.
"""

import os
import sys

from check import TOP, WIDTHS, Check, Job, failed, passed, tail

sys.path.insert(0, os.path.join(TOP, "tool/soak"))
import soak  # noqa: E402

ROUNDS, SEED, KERNEL = 4, 1, "kernel"
SERVICES, PROGRAMS, REQUESTS = 9, 10, 9   # of each round, at least
CHECKS = {
    "growth": f"{ROUNDS} rounds of kills, crashes, random calls and full memory find nothing, and nothing has grown between them",
    "pressure": "meanwhile each service died in each round, programs came and went, and clients were answered",
}


def pressure_wrong(output):
    rounds = soak.ROUND.findall(output)
    if len(rounds) != ROUNDS:
        return f"{len(rounds)} rounds told of themselves, not {ROUNDS}"
    _, deaths, requests, programs, _, _ = map(int, rounds[-1])
    least = {"deaths": (deaths, SERVICES), "programs": (programs, PROGRAMS), "requests": (requests, REQUESTS)}
    return ", ".join(f"{count} {what}, not {each * ROUNDS}" for what, (count, each) in least.items() if count < each * ROUNDS)


def job(width):
    names = {check: f"soak.{check}.rv{width}" for check in CHECKS}

    def run(_):
        wrong, output = soak.run(width, SEED, 0, ROUNDS, False, KERNEL)
        for check, found in {"growth": wrong, "pressure": pressure_wrong(output)}.items():
            yield failed(names[check], f"{tail(output)}\n{found}") if found else passed(names[check])

    return Job([Check(names[check], sentence) for check, sentence in CHECKS.items()], run, goals=soak.goals(width, KERNEL),
               repeat=f"tool/soak/soak.py --width {width} --seed {SEED} --rounds {ROUNDS} --kernel {KERNEL}")


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
