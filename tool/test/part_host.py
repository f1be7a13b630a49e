"""Unit tests of base/, of the portable kernel, and of what in lib/, in drivers and in servers makes no system calls, on this machine, under the
sanitizers (test/host/*.c)."""

import glob
import os
import subprocess

from check import Check, Job, failed, tail, tap_results, tests_of


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
    return [job(source) for kind in ("base", "kernel", "lib", "driver", "server") for source in sorted(glob.glob(f"test/host/{kind}_*.c"))]
