"""The interface compiler (test/tool/idl_*.py), and that idl/ breaks no program of the last release.

What stubs and skeletons do on Nacre, target.interfaces, is a scenario; `make test ONLY=interfaces` runs it along.
"""

import glob
import subprocess

import part_tool
from check import Check, Job, failed, passed

RELEASED = "idl/released"


def snapshot_job():
    name = "interfaces.snapshot"

    def run(_):
        done = subprocess.run(["/usr/bin/python3", "tool/idl/idl.py", "--check-snapshot", RELEASED, *sorted(glob.glob("idl/*.nid"))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        yield failed(name, done.stdout + done.stderr) if done.returncode else passed(name)

    return Job([Check(name, "nothing in idl/ breaks a client or server of the last release")], run, repeat="make check-interfaces")


def jobs(width):
    return [part_tool.job(path, "interfaces") for path in sorted(glob.glob("test/tool/idl_*_test.py"))] + [snapshot_job()]
