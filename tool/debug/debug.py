#!/usr/bin/python3
"""debug.py - programs under gdb (behind `make debug`; doc/debugging.md): boots the system `debug`, whose gdb server is at the first serial
port, and starts gdb-multiarch there.

    debug.py --width 32 --program hello                      gdb stands in main of a hello that it started
    debug.py --width 32 --program time -- -batch -x FILE     the service is started anew; gdb does what FILE says and ends
    debug.py --width 32                                      nothing is started: `attach NUMBER`, `monitor ps`

gdb finds symbols by itself: what the guest calls /bin/NAME it looks for in a folder with links to build/rvNN/program/NAME.elf. What the guest
prints on its console comes to standard output. QEMU ends with gdb.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "tool/qemu"))

import qemu  # noqa: E402

ANSWER_SECONDS = 60    # the guest boots meanwhile


class DebugError(Exception):
    """What went wrong, as one sentence."""


def image_make(width, out, kernel="kernel", files=()):
    """An image of the system `debug`. files: more for it, NAME=PATH each."""
    build = os.path.join(TOP, f"build/rv{width}")
    with open(f"{build}/image.files", encoding="utf-8") as file:
        words = file.read().split()
    done = subprocess.run(
        ["/usr/bin/python3", "tool/image/image.py", "build", "--boot", f"{build}/boot.bin", "--dtb", f"{build}/board.dtb",
         "--kernel", f"{build}/{kernel}", "--init", f"{build}/program/init", *words, "--file", f"bin/gdb={build}/program/gdb",
         *(word for file in files for word in ("--file", file)), "--file", f"system={build}/system/debug", "--out", out],
        cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise DebugError(done.stderr.strip())


def symbols_make(width, folder, others=()):
    """folder/bin/NAME for each program with symbols. others: what programs are called in the image that have another name here."""
    os.makedirs(os.path.join(folder, "bin"))
    for path in glob.glob(os.path.join(TOP, f"build/rv{width}/program/*.elf")):
        os.symlink(path, os.path.join(folder, "bin", os.path.basename(path)[:-len(".elf")]))
    for name in others:
        os.symlink(others[name], os.path.join(folder, "bin", name))


def gdb_words(symbols, socket, program):
    """gdb's command line: connected, and standing in main of the program, where there is one."""
    commands = ["set confirm off", "set pagination off", f"set sysroot {symbols}", f"set remotetimeout {ANSWER_SECONDS}",
                "set schedule-multiple on", f"target extended-remote {socket}"]
    if program:
        path = os.path.join(symbols, "bin", program)
        commands += [f"file {os.path.realpath(path)}", f"set remote exec-file {program}", "tbreak main", "run"]
    return ["gdb-multiarch", "-q", "-nx", *(word for command in commands for word in ("-ex", command))]


def check_program(width, program):
    if program and not os.path.exists(os.path.join(TOP, f"build/rv{width}/program/{program}.elf")):
        raise DebugError(f"there is no program {program} in build/rv{width}/program: PROGRAM is a name as in bin/ of the image, like hello.")


def run(args):
    check_program(args.width, args.program)
    with tempfile.TemporaryDirectory() as folder:
        symbols, socket = os.path.join(folder, "symbols"), os.path.join(folder, "port")
        image_make(args.width, os.path.join(folder, "image"))
        symbols_make(args.width, symbols)
        _, image = qemu.image_path(os.path.join(folder, "image"))
        words = qemu.command_line(args.width, args.mem, image, extra=[*qemu.serial_words([socket]), "-serial", "stdio", "-monitor", "none"])
        machine = subprocess.Popen(words, stdin=subprocess.DEVNULL, close_fds=False, process_group=0, preexec_fn=qemu.die_with_parent)
        try:
            while not os.path.exists(socket) and machine.poll() is None:
                time.sleep(0.01)
            return subprocess.call([*gdb_words(symbols, socket, args.program), *args.gdb])
        finally:
            machine.kill()
            machine.wait()


def main():
    parser = argparse.ArgumentParser(description="A program of Nacre's under gdb.")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--mem", default="16M")
    parser.add_argument("--program", default="", help="a program or service of the image; empty: none is started")
    parser.add_argument("gdb", nargs="*", help="more words for gdb, after --")
    qemu.die_with_parent()
    return run(parser.parse_args())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DebugError, qemu.QemuError) as error:
        sys.exit(f"debug.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
