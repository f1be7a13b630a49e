"""The sizes and instruction counts that must not be passed: tool/footprint/footprint.py as a check a width."""

import subprocess

from check import WIDTHS, Check, Job, failed, passed, tail


def job(width):
    name = f"footprint.rv{width}"

    def run(_names):
        done = subprocess.run(["tool/footprint/footprint.py", "--width", str(width)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        good = done.returncode == 0 and f"footprint kernel_code_lines rv{width}" in done.stdout
        return [passed(name) if good else failed(name, tail(done.stdout + done.stderr))]

    return Job([Check(name, "kernel text, code lines and instructions from reset to the prompt are within their limits")], run,
               goals=[(width, "image-parts"), (width, f"build/rv{width}/system/base")], repeat="make footprint")


def stack_job(width):
    name = f"footprint.stack.rv{width}"

    def run(_names):
        done = subprocess.run(["tool/check/stack.py", "--width", str(width)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        good = done.returncode == 0 and f"stack rv{width}" in done.stdout
        return [passed(name) if good else failed(name, tail(done.stdout + done.stderr))]

    return Job([Check(name, "the deepest chain of calls leaves a quarter of the kernel's stack")], run,
               goals=[(width, f"build/rv{width}/kernel.elf")], repeat=f"tool/check/stack.py --width {width} --chain")


def jobs(width):
    return [make(one) for one in WIDTHS if width in (None, one) for make in (job, stack_job)]
