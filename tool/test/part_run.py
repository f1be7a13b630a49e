"""`make run` as a person uses it: from a pipe, from nothing, at a terminal, with a program of one's own.

Everything else about the running system is scenarios; this is the way from the command line to the guest and back.
These want the machine for themselves: make builds in the same folder.
"""

import os
import pty
import re
import shutil
import subprocess
import tempfile
import time

from check import WIDTHS, Check, Job, failed, passed, tail

SESSION = "help\nps\nmem\nnames\nrun hello one two\ncrash null\nps\npoweroff\n"
SHOWN = [
    r"^Nacre \S+  RV{width}, \d+ KiB RAM$", r"^type help; leave with poweroff or Ctrl-A X$",
    r"^poweroff  switch the machine off$", r"^ +PID +BY +NAME", r"^BUDGET +LIMIT", r"^NAME +STATE", r"^svc/log +published",
    r"^hello, world$", r"^argument 1: one$", r"^argument 2: two$", r"^crash of crash, process", r"addr2line -pfie",
    r"^ +PID +BY +NAME", r"^nacre> poweroff$",
]
PLAIN = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key not in ("WIDTH", "MEM")}


def make_run(width, text, *settings, goal="run"):
    """Status and output, its line ends made plain, of `make run` with that input."""
    done = subprocess.run(["make", "--no-print-directory", goal, "DEPS=have", f"WIDTH={width}", *settings], input=text,
                          env=PLAIN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          timeout=120)
    return done.returncode, done.stdout


def lacking(output, patterns):
    """The first pattern that does not match in its order, or None."""
    place = 0
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(output, place)
        if not match:
            return pattern
        place = match.end()
    return None


def verdict(name, status, output, patterns):
    if status:
        return failed(name, f"{tail(output)}\nthe status was {status}")
    missing = lacking(output, patterns)
    return failed(name, f"{tail(output)}\nthis did not come: {missing}") if missing else passed(name)


# --- what is run -------------------------------------------------------------------------------------------------

def session(name, width):
    status, output = make_run(width, SESSION)
    return verdict(name, status, output, [pattern.replace("{width}", str(width)) for pattern in SHOWN])


def nothing(name, width):
    """No more than a second of the guest's, so little of ours."""
    return verdict(name, *make_run(width, ""), [r"^type help", r"^nacre> $"])


def small(name, width):
    return verdict(name, *make_run(width, "mem\npoweroff\n", "MEM=2M"), [r"2048 KiB RAM$", r"^machine +\d+ KiB"])


def ram(name, width):
    return verdict(name, *make_run(width, "hello\npoweroff\n", "BOOT=ram"), [r"^boot: [\d,]+ instructions", r"^hello, world$"])


def opensbi(name, width):
    """On RV32 one sentence says why not."""
    status, output = make_run(width, "hello\npoweroff\n", goal="run-opensbi")
    if width == 32:
        return verdict(name, not status, output, [r"QEMU brings no OpenSBI for the 32-bit machine: make run-opensbi WIDTH=64"])
    return verdict(name, status, output, [r"^OpenSBI v", r"RV64, 16384 KiB RAM$", r"^hello, world$"])


def program(name, width):
    """The example, built in another folder with nothing but the SDK."""
    with tempfile.TemporaryDirectory(prefix="nacre-outside-") as folder:
        shutil.copytree("build/sdk", f"{folder}/sdk")
        for file in ("hello.c", "Makefile"):
            shutil.copy(f"example/hello/{file}", folder)
        done = subprocess.run(["make", f"NACRE_SDK={folder}/sdk", f"WIDTH={width}"], cwd=folder, env=PLAIN,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            return failed(name, tail(done.stdout))
        os.rename(f"{folder}/build/rv{width}/hello", f"{folder}/outside")
        status, output = make_run(width, "help\noutside 'a b' c\necho is $?\npoweroff\n", f"PROGRAM={folder}/outside")
    return verdict(name, status, output, [r"^programs:.* outside\b", r"a b$", r"c$", r"^is 0$"])


def addr2line(name, width):
    """The command that a crash report ends with, pasted."""
    status, output = make_run(width, "crash null\ncrash text\n")
    commands = re.findall(r"^ +(riscv64-unknown-elf-addr2line .*)$", output, re.MULTILINE)
    told = [subprocess.run(command.split(), capture_output=True, text=True).stdout for command in commands]
    wanted = [rf"\A{function} at .*command/crash/main\.c:\d+" for function in ("crash_null", "crash_text")]
    for pattern, text in zip(wanted, told):
        if not re.search(pattern, text):
            return failed(name, f"{commands}\n{text}\nthis did not come: {pattern}")
    return verdict(name, status or len(told) != 2, output, [])


def terminal(name, width):
    """Ctrl-C and Ctrl-D at a terminal are the guest's; Ctrl-A X is QEMU's."""
    steps = [(b"nacre> ", b"sleep 1000\r"), (b"sleep 1000", b"\x03"), (b"nacre> ", b"echo is $?\r"), (b"is 130", b""),
             (b"nacre> ", b"\x01x")]
    pid, terminal_fd = pty.fork()
    if pid == 0:
        os.execvpe("make", ["make", "run", "DEPS=have", f"WIDTH={width}"], PLAIN)
    output, place, deadline = b"", 0, time.monotonic() + 120
    os.set_blocking(terminal_fd, False)
    try:
        while time.monotonic() < deadline:
            try:
                output += os.read(terminal_fd, 4096)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:     # the other end has been closed
                break
            while steps and steps[0][0] in output[place:]:
                wanted, send = steps.pop(0)
                place = output.index(wanted, place) + len(wanted)
                os.write(terminal_fd, send)
    finally:
        os.close(terminal_fd)
        _, status = os.waitpid(pid, 0)
    if steps or status:
        return failed(name, f"{tail(output.decode(errors='replace'))}\nstatus {status}, left to do: {steps}")
    return passed(name)


ROWS = [
    (session, "the piped session of the first five minutes shows what it should and ends with status 0"),
    (nothing, "with nothing on its standard input make run boots to the prompt and ends"),
    (small, "MEM=2M reaches the prompt"),
    (ram, "BOOT=ram boots from RAM, without flash"),
    (opensbi, "make run-opensbi boots below QEMU's own firmware on RV64, and says that there is none for RV32"),
    (program, "PROGRAM= puts an ELF file from outside into the image, and the shell runs it with arguments"),
    (addr2line, "the addr2line command of a crash report, pasted, names the function and the line"),
    (terminal, "at a terminal Ctrl-C ends the guest's program and not QEMU, and Ctrl-A X ends QEMU"),
]


def job(width, what, sentence):
    name = f"run.{what.__name__}.rv{width}"
    goals = [(width, "image")] + ([(width, "sdk")] if what is program else [])
    return Job([Check(name, sentence)], lambda _: [what(name, width)], goals=goals, alone=True)


def jobs(width):
    return [job(each, *row) for each in ([width] if width else WIDTHS) for row in ROWS]
