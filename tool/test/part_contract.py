"""The contract: nothing incompatible since the last release, and every error of every call has a test."""

import glob
import os
import subprocess
import sys
import tomllib

from check import Check, Job, failed, passed

CONTRACT = [sys.executable, "tool/contract/contract.py"]
RELEASED = "abi/released"
NO_CALL = "no_call"     # contract.py's name for the errors that no call answers


def contract(*words):
    return subprocess.run([*CONTRACT, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def snapshot_job():
    name = "contract.snapshot"

    def run(_):
        done = contract("--check-snapshot", RELEASED)
        yield failed(name, done.stdout + done.stderr) if done.returncode else passed(name)

    return Job([Check(name, "nothing in abi/ breaks a program built against the last release")], run,
               repeat=f"tool/contract/contract.py --check-snapshot {RELEASED}")


def call_names():
    with open("abi/calls.toml", "rb") as file:
        return [call["name"] for call in tomllib.load(file)["call"]] + [NO_CALL]


def errors_job():
    """One check a call; contract.py reads the tests' EXPECT_ERROR claims and names what none of them provokes."""
    sources = sorted(glob.glob("test/host/*.c") + glob.glob("test/target/*.c") + glob.glob("test/target/*/*.c"))

    def run(names):
        done = contract("--report-errors", *sources)
        missing = [line for line in done.stderr.splitlines() if line.startswith("missing: ")]
        broken = done.returncode != 0 and not missing
        for name in names:
            call = name.rpartition(".")[2]
            lines = [line for line in missing if line.split()[1] == call]
            if broken or lines:
                yield failed(name, "\n".join(lines) or done.stderr)
            else:
                yield passed(name)

    checks = [Check(f"contract.errors.{call}", f"each error of {call} has a test that provokes it"
                    if call != NO_CALL else "each error that no system call answers has a test")
              for call in call_names()]
    return Job(checks, run, repeat="tool/contract/contract.py --report-errors test/host/*.c test/target/*.c")


def jobs(width):
    found = [errors_job()]
    if os.path.isdir(RELEASED):
        found.append(snapshot_job())
    return found
