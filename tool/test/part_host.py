"""Unit tests of base/, of the portable kernel, and of what in lib/, in drivers and in servers makes no system calls, on this machine, under the
sanitizers (test/host/*.c)."""

import glob
import os
import subprocess

from check import Check, Job, failed, passed, tail, tap_results, tests_of


SHORT_ONLY = "kernel_sys_fast"   # tests of the short ways themselves


def ordinary_job(source):
    """Of a program that makes system calls: all of it once more, without short ways."""
    name = os.path.basename(source)[:-2]
    check = f"host.{name}.ordinary"

    def run(_names):
        done = subprocess.run([f"build/host/{name}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=600, env={**os.environ, "ORDINARY": "yes"})
        wrong = [result for result in tap_results("", [test for test, _ in tests_of(source)], done.stdout) if result.verdict == "fail"]
        yield failed(check, "\n".join(f"{result.name[1:]}: {result.text}" for result in wrong) + f"\n{tail(done.stderr)}") if wrong else passed(check)

    return Job([Check(check, f"the tests of {name} pass where no call takes a short way, too")], run, goals=[(32, f"build/host/{name}")],
               repeat=f"ORDINARY=yes build/host/{name}")


def job(source):
    name = os.path.basename(source)[:-2]
    program = f"build/host/{name}"
    prefix = f"host.{name}"

    def run(names):
        wanted = [check.rpartition(".")[2] for check in names]
        done = subprocess.run([program, *wanted], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=600)
        for result in tap_results(prefix, wanted, done.stdout):
            yield failed(result.name, f"{result.text}\n{tail(done.stderr)}") if result.verdict == "fail" else result

    return Job([Check(f"{prefix}.{test}", sentence) for test, sentence in tests_of(source)], run,
               goals=[(32, program)])


def jobs(width):
    sources = [source for kind in ("base", "kernel", "lib", "driver", "server") for source in sorted(glob.glob(f"test/host/{kind}_*.c"))]
    calls = [source for source in sources if "/kernel_sys_" in source and SHORT_ONLY not in source]
    return [*map(job, sources), *map(ordinary_job, calls)]
