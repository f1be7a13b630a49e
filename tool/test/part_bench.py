"""The benchmarks (tool/bench/): no figure is worse than test/bench/baseline.json says, and counting can be trusted."""

import os
import re
import sys

from check import TOP, WIDTHS, Check, Job, failed, passed

sys.path.insert(0, os.path.join(TOP, "tool/bench"))
import baseline  # noqa: E402
import bench  # noqa: E402
import moving  # noqa: E402
import profiler  # noqa: E402

UPDATE = "If that is meant to be so, `make bench-baseline` makes today's figures the ones to compare with; say why in the commit."
CLOCK_NS = 300          # the grain of the clock is 100 ns
UNKNOWN = 0.001         # share of instructions that need not belong to a known function


def check_baseline(width):
    wrong = baseline.worse(baseline.read()[str(width)], bench.measure(width))
    return "\n".join([*wrong, UPDATE]) if wrong else ""


def check_same(width):
    first, second = bench.measure(width), bench.measure(width, runner=bench.agreed)
    differ = [name for name in first if first[name] != second.get(name)]
    return f"two runs do not agree in {', '.join(differ)}." if differ else ""


def check_clock(width):
    """A long and a short stretch, so that reading the clock does not count."""
    lines, output = bench.run_once(width, "kernel")
    counted = [sample["window"] for sample in bench.samples(lines)[0]["check_clock"]]
    told = [int(ns) for ns in re.findall(r"by the clock: (\d+) ns", output)]
    difference = (counted[1] - counted[0]) - (told[1] - told[0])
    return "" if abs(difference) <= CLOCK_NS else f"{counted} instructions were counted in {told} ns."


def check_profile(width):
    """Of a round trip, and of the longest stretch with interrupts off."""
    figures = bench.measure(width, ["kernel", "stress"])
    for name in ("call_reply_w0", figures["irqs_off_max"]["of"]):
        (counts, _), _ = profiler.profile_of(width, name)
        total, unknown = sum(counts.values()), sum(count for (program, _), count in counts.items() if program == "?")
        if total != figures[name]["median"]:
            return f"the profile of {name} has {total} instructions, and the measurement {figures[name]['median']}."
        if unknown > UNKNOWN * total:
            return f"{unknown} of {total} instructions of {name} belong to no known function."
    return ""


def constant(width):
    """NACRE_COPY_BEST_BYTES as a program gets it."""
    with open(moving.HEADER, encoding="utf-8") as file:
        both = re.search(r"NACRE_COPY_BEST_BYTES \(sizeof\(void \*\) == 4 \? (\d+)u : (\d+)u\)", file.read())
    return int(both.group(1 if width == 32 else 2))


def check_choice(width):
    today = bench.measure(width, ["stream"])
    if moving.agrees(today, constant(width)):
        return ""
    return (f"copying costs less than lending up to {moving.crossover(today)} bytes today, and {moving.HEADER} says "
            f"{constant(width)}. `make bench-baseline` writes it anew.")


CHECKS = {
    "baseline": (check_baseline, "no figure of the benchmarks is more than 3 % worse than test/bench/baseline.json says"),
    "same": (check_same, "two runs of the benchmarks agree in every figure"),
    "clock": (check_clock, "counted instructions agree with the machine's clock"),
    "choice": (check_choice, "NACRE_COPY_BEST_BYTES is where lending begins to cost less than copying"),
    "profile": (check_profile, "a profile adds up to the figure, and knows the function of every instruction"),
}


def verdict(name, check, *arguments):
    try:
        wrong = check(*arguments)
    except (bench.BenchError, bench.ScenarioError) as error:
        wrong = str(error)
    return failed(name, wrong) if wrong else passed(name)


def job(width):
    """One for all checks of a width, since they share their runs."""
    names = {f"bench.{word}.rv{width}": check for word, (check, _) in CHECKS.items()}

    def run(wanted):
        return [verdict(name, check, width) for name, check in names.items() if name in wanted]

    checks = [Check(f"bench.{word}.rv{width}", sentence) for word, (_, sentence) in CHECKS.items()]
    return Job(checks, run, goals=[(width, "bench-parts")], repeat=f"make test ONLY=bench WIDTH={width}")


def check_page():
    stale = baseline.stale(baseline.read())
    return f"{', '.join(stale)}: other figures than in {baseline.BASELINE}; `make bench-baseline` writes all of it." if stale else ""


def page_job():
    return Job([Check("bench.page", "tables and chart of the book, and the constant in lib/nacre, come from the figures of test/bench/baseline.json")],
               lambda _: [verdict("bench.page", check_page)])


def jobs(width):
    return [page_job(), *(job(one) for one in WIDTHS if width in (None, one))]
