"""`make debug-kernel`: gdb stops where the kernel begins, knows its source, and takes QEMU with it when it leaves."""

import subprocess

from check import WIDTHS, Check, Job, failed, passed, tail

COMMANDS = "backtrace\ninfo line\nx/i $pc\nquit\n"


def job(width):
    name = f"debug.kernel.rv{width}"
    build = f"build/rv{width}"

    def run(_):
        done = subprocess.run(["tool/qemu/qemu.py", "--width", str(width), "--image", f"{build}/image",
                               "--gdb", f"{build}/kernel.elf"], input=COMMANDS, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        good = "#0  kernel_main" in done.stdout and 'of "kernel/boot/main.c"' in done.stdout
        yield passed(name) if good and done.returncode == 0 else failed(name, tail(done.stdout))

    return Job([Check(name, "make debug-kernel stops at the first line of kernel_main with its source known")], run,
               goals=[(width, "image"), (width, f"{build}/kernel.elf")])


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
