#!/usr/bin/python3
"""run.py - the test runner behind `make test`.

    run.py [--only WORD...] [--width 32|64] [--list]

Gathers the checks of all parts, has make build what the wanted ones need, runs them on all cores, and prints one
line a check, then `N passed, N failed`. What fails also shows the end of its output and the command that repeats it.
ONLY takes parts (host), names (host.base_list.empty) or any run of a name's words (base_list, boot.rv32).

A part is a module here, part_NAME.py, with a docstring and one function jobs(width): the jobs for that width, or for
both when it is None. It reads sources and never builds or runs anything by itself, so that --list is instant.
"""

import argparse
import concurrent.futures
import importlib
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../qemu"))

from check import TOP, failed  # noqa: E402

PARTS = ["layers", "contract", "host", "fuzz", "model", "tool", "interfaces", "static", "posix", "scenario", "demo", "soak", "fast", "inject", "versions", "display",
         "ports", "footprint", "hardening", "bench", "languages", "sdk", "tutorial", "run", "debug", "inspect", "cores", "docs", "repro"]
CORES = os.cpu_count() or 1
# Only one make at a time builds in this tree.
MAKE = ["flock", "build/.lock", "make", "--no-print-directory", "-f", "tool/make/build.mk"]


def load(width):
    """All jobs, in the order of PARTS."""
    return [job for part in PARTS for job in importlib.import_module(f"part_{part}").jobs(width)]


def matches(name, words):
    return not words or any(f".{word}." in f".{name}." for word in words)


def choose(jobs, words):
    """(job, wanted names) of the jobs with a wanted check."""
    chosen = [(job, [check.name for check in job.checks if matches(check.name, words)]) for job in jobs]
    return [(job, names) for job, names in chosen if names]


# --- building --------------------------------------------------------------------------------------------------

def make(width, goals, *options, **how):
    return subprocess.run([*MAKE, *options, f"WIDTH={width}", *goals], stdin=subprocess.DEVNULL, **how).returncode


def build(jobs):
    """Has make build all goals. Returns what could not be built, as a set of (width, goal)."""
    missing = set()
    for width in sorted({width for job in jobs for width, _ in job.goals}):
        goals = sorted({goal for job in jobs for goal_width, goal in job.goals if goal_width == width})
        if make(width, goals, "--keep-going", f"-j{CORES}") != 0:
            # All has been said; this is only to learn which goals were hit.
            missing |= {(width, goal) for goal in goals if make(width, [goal], "-s", stderr=subprocess.DEVNULL) != 0}
    return missing


# --- running and reporting -------------------------------------------------------------------------------------

def run_job(job, names, missing):
    """Results of exactly the wanted checks, whatever the job did."""
    unbuilt = [goal for goal in job.goals if goal in missing]
    if unbuilt:
        return [failed(name, f"could not build {unbuilt[0][1]} for RV{unbuilt[0][0]}; see above") for name in names]
    try:
        told = {result.name: result for result in job.run(names)}
    except Exception as error:  # a bug in a check must not hide the other checks
        told = {name: failed(name, f"{type(error).__name__}: {error}") for name in names}
    return [told.get(name) or failed(name, "the check did not tell how it ended") for name in names]


def report(job, results, sentences):
    for result in results:
        print(f"{result.verdict.upper()} {result.name}  {sentences[result.name]}", flush=True)
        if result.verdict == "skip":
            print(f"     skipped: {result.text}")
        if result.verdict == "fail":
            for line in result.text.splitlines():
                print(f"     | {line}")
            print(f"     repeat: {job.repeat or f'make test ONLY={result.name}'}", flush=True)


def run_all(chosen, missing):
    """Runs jobs on all cores, those that want the machine alone after the others; reports each as it ends."""
    sentences = {check.name: check.sentence for job, _ in chosen for check in job.checks}
    counts = {"pass": 0, "fail": 0, "skip": 0}

    def finish(job, results):
        report(job, results, sentences)
        for result in results:
            counts[result.verdict] += 1

    pool = concurrent.futures.ThreadPoolExecutor(CORES)
    running = {pool.submit(run_job, job, names, missing): job for job, names in chosen if not job.alone}
    for future in concurrent.futures.as_completed(running):
        finish(running[future], future.result())
    for job, names in chosen:
        if job.alone:
            finish(job, run_job(job, names, missing))
    return counts


def main():
    parser = argparse.ArgumentParser(description="Nacre's test runner.")
    parser.add_argument("--only", default="", help="parts, names or words of names; all without it")
    parser.add_argument("--width", default="", choices=("", "32", "64"))
    parser.add_argument("--list", action="store_true", help="print names and sentences, run nothing")
    args = parser.parse_args()
    os.chdir(TOP)

    chosen = choose(load(int(args.width) if args.width else None), args.only.split())
    if not chosen:
        sys.exit(f'test: nothing is called "{args.only}"; the parts are {", ".join(PARTS)}, '
                 f"and make test-list prints all names.")
    if args.list:
        for job, names in chosen:
            for check in job.checks:
                if check.name in names:
                    print(f"{check.name}  {check.sentence}")
        return 0

    os.makedirs("build", exist_ok=True)
    start = time.monotonic()
    missing = build([job for job, _ in chosen])
    counts = run_all(chosen, missing)
    print(f"in {time.monotonic() - start:.0f} s")
    skipped = f", {counts['skip']} skipped" if counts["skip"] else ""
    print(f"{counts['pass']} passed, {counts['fail']} failed{skipped}", flush=True)
    return 1 if counts["fail"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        os._exit(130)  # without waiting for jobs: what they started dies with us (tool/qemu/qemu.py)
