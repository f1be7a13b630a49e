#!/usr/bin/python3
"""soak.py - everything at once in one machine, for hours (behind `make soak HOURS=`; doc/soak.md): boots system/soak.toml on the
kernel that proves its invariants, has the guest's `demo soak` run, and shows what it tells of each round.

    soak.py --width 32 --hours 0.17 [--seed N]
    soak.py --width 32 --rounds 3 [--seed N]

The guest ends when its rounds are over, or when it finds something in the disk's last sector, which is written here when the time
is up; the round that runs then is finished. The last line counts. Exit status 0: nothing grew and nothing was found.
"""

import argparse
import os
import re
import sys
import time

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu"), os.path.join(TOP, "tool/demo")]

import part_scenario  # noqa: E402
from demo import NUMBERED, Screen, missing, scenario as tour  # noqa: E402
from part_scenario import disks_build, image_build  # noqa: E402
from qemu import Machine, drive_words, net_words  # noqa: E402

# Stops at undefined behaviour, and proves all invariants after about every hundredth call. kernel-test does so after each, and
# nobody would get anywhere.
PROVING = "kernel-ubsan"
SEED, SECONDS_A_ROUND, STEP_SECONDS, SECTOR, KEPT = 1, 600, 0.5, 512, 1 << 18
GUEST_SECONDS = 100     # at most, in one of the host's: a machine that waits jumps to its next alarm
GREEDY = ["threads", "handles", "servers", "memory", "process", "connect", "alarms"]
ROUND = re.compile(r"^soak: round (\d+) deaths (\d+) requests (\d+) programs (\d+) growth (\d+) findings (\d+)$", re.MULTILINE)
LAST = re.compile(r"^soak: rounds (\d+) deaths (\d+) requests (\d+) growth (\d+) findings (\d+)$", re.MULTILINE)
KERNEL = re.compile(r"kernel panic: .*|kernel: .* failed.*")


def scenario(width, kernel=PROVING):
    """The machine of the tour, with the fuzzer and the greedy beside it."""
    one, folder = tour(width), f"build/rv{width}/program"
    one.name, one.system, one.kernel, one.mem = "soak", "soak", kernel, "8M"
    one.files.update({f"bin/greed-{name}": f"{folder}/test-hostile_greed" for name in GREEDY})
    one.files["bin/test-fuzz"] = f"{folder}/test-fuzz_calls"
    return one


def goals(width, kernel=PROVING):
    """What make builds first."""
    return part_scenario.goals(scenario(width, kernel), width)


class Watch(Screen):
    """Shows lines as they come, without those that the guest prints for their numbers, and those of init about deaths."""

    def line(self, text):
        if NUMBERED.search(text) or text.startswith("soak: ") or KERNEL.search(text):
            super().line(text)


def end_ask(path):
    """Writes into the disk's last sector."""
    with open(path, "r+b") as file:
        file.seek(-SECTOR, os.SEEK_END)
        file.write(b"end" + bytes(SECTOR - 3))


def follow(machine, screen, path, seconds):
    """Until QEMU ends; after so many seconds the guest is asked to. What was looked at is kept short, for days are long."""
    until = time.monotonic() + seconds if seconds else None
    while machine.step(seconds=STEP_SECONDS) is not None:
        screen.take(machine.output)
        if until and time.monotonic() > until:
            end_ask(path)
            until = None
        if screen.seen > 2 * KEPT:
            machine.output, screen.seen = machine.output[screen.seen - KEPT:], KEPT
    machine.wait()
    screen.take(machine.output if machine.output.endswith("\n") else machine.output + "\n")


def verdict(machine, screen):
    if failed := KERNEL.search(machine.output):
        return failed[0]
    last = LAST.findall(machine.output)
    if len(last) != 1:
        return f"the last line is {machine.output.rstrip().splitlines()[-1:]}, not the account"
    if int(last[0][3]) or int(last[0][4]):
        return f"growth {last[0][3]}, findings {last[0][4]}"
    if not int(last[0][0]):
        return "no round was played"
    if gone := missing(screen.numbers):
        return f"of {max(screen.numbers)} numbered lines on the console {len(gone)} never came, the first of them {gone[0]}"
    return f"QEMU's exit status was {machine.status}" if machine.status else ""


def run(width, seed, hours, rounds, show, kernel=PROVING):
    """(what went wrong or "", the output, its end at least)."""
    one = scenario(width, kernel)
    limit = hours * 3600 + SECONDS_A_ROUND * (rounds or 1)
    one.deadline_s = int(limit * GUEST_SECONDS)
    image = image_build(one, width)
    paths, options = disks_build(one, width)
    screen = Watch(show)
    with Machine(width, one.mem, image, "typed", extra=[*drive_words(paths, options), *net_words()], seconds=limit) as machine:
        try:
            if not machine.expect(r"nacre> "):
                return "the machine did not come to its prompt", machine.output
            machine.send(f"demo soak {seed} {rounds}\n")
            screen.seen = len(machine.output)
            follow(machine, screen, paths[0], hours * 3600)
        except TimeoutError:
            return f"a round did not end within {SECONDS_A_ROUND} s", machine.output
    return verdict(machine, screen), machine.output


def account(output, wrong, minutes):
    """The last line. A machine that stood still has told only of its last round, and that it did is a finding itself."""
    last, rounds = LAST.findall(output), ROUND.findall(output)
    words = last[-1] if last else [*rounds[-1][:3], *rounds[-1][4:]] if rounds else ["0"] * 5
    count, deaths, requests, growth, findings = map(int, words)
    if wrong and not growth and not findings:
        findings = 1
    return f"soak: minutes {minutes:.1f} rounds {count} deaths {deaths} requests {requests} growth {growth} findings {findings}"


def main():
    parser = argparse.ArgumentParser(description="Everything at once, for hours; nothing may grow.")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--seed", type=int, default=SEED, help="of the deaths, the programs, and the fuzzer's calls")
    parser.add_argument("--hours", type=float, default=0, help="of the host's; the round that runs then is finished")
    parser.add_argument("--rounds", type=int, default=0, help="instead of hours")
    parser.add_argument("--kernel", default=PROVING)
    args = parser.parse_args()
    if (args.hours > 0) == (args.rounds > 0):
        sys.exit("soak: say either how many hours it shall last, a fraction too, or how many rounds: make soak HOURS=0.5")
    os.chdir(TOP)
    began = time.monotonic()
    wrong, output = run(args.width, args.seed, args.hours, args.rounds, True, args.kernel)
    if wrong:
        print("\n".join(["", *output.splitlines()[-25:]]), file=sys.stderr)
        print(f"soak: {wrong}; the same again: make soak HOURS={args.hours or 1:g} WIDTH={args.width} SEED={args.seed}", file=sys.stderr)
    print(account(output, wrong, (time.monotonic() - began) / 60))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
