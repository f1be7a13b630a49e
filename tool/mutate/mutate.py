#!/usr/bin/python3
"""mutate.py - are the tests worth anything? Plants faults in the portable kernel, one at a time, and sees who notices.

    mutate.py [--count N] [--seed S] [--only PROGRAM [TEST]] [--in WORDS] [--again N,N]
                                                                     ends with  mutate: planted N caught N

A fault is one small change of a line: another operator, a negated condition, a dropped call, an error that is not told.
Which ones, follows from the seed alone. Each is planted in a copy of the tree under build/mutate, whose objects are copied
along, so that little is built anew. The host tests are run first: those named like the changed file, then the others, the
quick before the slow, each until its first test that fails. A program that is linked without the changed file comes out
the same, byte by byte, and is not run. What the host tests let pass is tried on the target, in QEMU. A test that hangs has
noticed. Programs that make system calls are asked a second time, with no call on a short way. Two faults are tried at once, each in
a copy of its own.

Not a fault, and replaced by the next one drawn: what does not compile, and what the compiler makes the same machine code
of on both widths. Survivors are listed with their change: each is a test to be written, or a change that makes no
difference. --again tries only the faults of these numbers, as counted by a run before with the same seed and kernel.
Exit status 1 if fewer than 8 in 10 are caught.
"""

import argparse
import concurrent.futures
import functools
import glob
import hashlib
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
COPIES = os.path.join(TOP, "build/mutate")
PARTS = ["ipc", "thread", "object", "memory", "syscall"]
SECONDS = 600       # wall-clock net of one test program
TEST_SECONDS = 25   # of CPU time, for one test; none takes as long without a fault, or the run before the faults fails
# (what, pattern, replacement): applied to one match in a line of a function's body.
CHANGES = [
    ("operator", r" == ", " != "), ("operator", r" != ", " == "), ("operator", r" < ", " <= "), ("operator", r" > ", " >= "),
    ("operator", r" <= ", " < "), ("operator", r" >= ", " > "), ("operator", r" && ", " || "), ("operator", r" \|\| ", " && "),
    ("off by one", r" \+ 1\b", ""), ("off by one", r" - 1\b", ""), ("direction", r"\+\+", "--"),
    ("constant", r"\btrue\b", "false"), ("constant", r"\bfalse\b", "true"),
    ("condition", r"\bif \((.*)\)( \{)?$", r"if (!(\1))\2"), ("error", r"return E_(?!OK|BLOCKED|RESTART)\w+;", "return E_OK;"),
    ("dropped", r"^(\t+)(?!return\b|break\b|continue\b|const\b|struct\b)[\w>.\-]+\(.*\);$", r"\1;"),
]
QUIET = re.compile(r"^\s*(/?\*|//|#|assert|trace\(|_Static_assert|for \()")
ON_TARGET = ["/usr/bin/python3", "tool/test/run.py", "--only", "target.kernel", "--width", "32"]
ORDINARY = ["env", "ORDINARY=yes"]
NO_FAULT = ["does not compile", "the same machine code"]


def bodies(text):
    """(line number from 0, line) of function bodies, but for those of *_check functions, which the tests themselves use."""
    inside = skipped = False
    for number, line in enumerate(text.splitlines()):
        if line == "{":
            inside = not skipped
        elif line.startswith("}"):
            inside = False
        elif re.match(r"\w.*\(", line):
            skipped = "_check(" in line
        if inside and not QUIET.match(line) and "/*" not in line:
            yield number, line


def candidates(within):
    """Every change there is in files of a part, or of that name, as (path, line number, new line, what), in a fixed order."""
    for path in sorted(path for part in PARTS for path in glob.glob(f"kernel/{part}/*.c")):
        if within and not {path.split("/")[1], os.path.basename(path)[:-2]} & set(within.split(",")):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number, line in bodies(text):
            for what, pattern, replacement in CHANGES:
                changed = re.sub(pattern, replacement, line, count=1)
                if changed != line:
                    yield path, number, changed, what


# --- the copies --------------------------------------------------------------------------------------------------

def copy_make(copy):
    """A copy of the tree as it stands, with what is built of it; times are kept, so make finds it up to date."""
    shutil.rmtree(copy, ignore_errors=True)
    os.makedirs(copy)
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    for path in filter(os.path.isfile, files.stdout.splitlines()):
        os.makedirs(os.path.join(copy, os.path.dirname(path)), exist_ok=True)
        shutil.copy2(path, os.path.join(copy, path))
    for folder in ("gen", "host", "rv32", "newlib32", "toolchain"):
        if os.path.isdir(f"build/{folder}"):
            shutil.copytree(f"build/{folder}", os.path.join(copy, "build", folder), symlinks=True)


def quiet(copy):
    return {"cwd": copy, "stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def make(copy, *goals):
    """True if make built them in the copy."""
    command = ["make", "-s", "--no-print-directory", "-f", "tool/make/build.mk", *goals]
    return subprocess.run(command, stdout=subprocess.DEVNULL, **quiet(copy)).returncode == 0


def fails(copy, *command):
    """True if the command ends badly, or not in time, or says that one test of it did."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, text=True, errors="replace",
                          env={**os.environ, "UNIT_SECONDS": str(TEST_SECONDS)}, **quiet(copy)) as process:
        late = threading.Event()
        timer = threading.Timer(SECONDS, lambda: (late.set(), os.killpg(process.pid, signal.SIGKILL)))
        timer.start()
        failed = any(line.startswith("not ok") for line in process.stdout)
        if failed:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        timer.cancel()
    return failed or late.is_set() or status != 0


def digest(copy, name):
    with open(os.path.join(copy, "build/host", name), "rb") as file:
        return hashlib.sha256(file.read()).digest()


# --- one fault ---------------------------------------------------------------------------------------------------

def host_programs():
    return [os.path.basename(path)[:-2] for path in sorted(glob.glob("test/host/kernel_*.c"))]


def takes_ordinary(name):
    """Does make test run it without short ways, too? As tool/test/part_host.py has it."""
    return name.startswith("kernel_sys_") and name != "kernel_sys_fast"


def likely(path, seconds):
    """Programs in the order in which they are asked about a file."""
    words = set(re.findall(r"[a-z]+", os.path.basename(path)[:-2])) | {path.split("/")[1]}
    return sorted(seconds, key=lambda name: (not words & set(name.split("_")[2:]), seconds[name]))


def machine_code(copy, path, width):
    """What the compiler makes of a file of the kernel, without what is for debuggers; None if it does not compile."""
    goal = f"build/rv{width}/obj/kernel/{path}.o"
    if not make(copy, f"WIDTH={width}", goal):
        return None
    bare = os.path.join(copy, "build/bare.o")
    subprocess.run(["riscv64-unknown-elf-objcopy", "--strip-debug", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*",
                    os.path.join(copy, goal), bare], check=True)
    with open(bare, "rb") as file:
        return file.read()


def noticed_by(copy, path, known):
    """The test program that fails in the copy, None if none does, or why it is no fault."""
    if not make(copy, "build/host/libkernel.a"):
        return NO_FAULT[0]
    changed = []
    for name in likely(path, known["seconds"]):
        if not make(copy, f"build/host/{name}"):
            return NO_FAULT[0]
        if digest(copy, name) != known["digest"][name]:
            if fails(copy, f"build/host/{name}", *known["tests"]):
                return name
            changed.append(name)
    for name in filter(takes_ordinary, changed):
        if fails(copy, *ORDINARY, f"build/host/{name}", *known["tests"]):
            return f"{name}, without short ways"
    return "target.kernel" if known["target"] and fails(copy, *ON_TARGET) else None


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def trial(copies, known, fault):
    """(who noticed, text of the report) of one fault, in a copy that nobody else uses."""
    path, number, changed, what = fault
    copy, began = copies.get(), time.monotonic()
    planted = os.path.join(copy, path)
    with open(planted, encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines(keepends=True)
    before = {width: machine_code(copy, path, width) for width in (32, 64)}
    write(planted, "".join([*lines[:number], changed + "\n", *lines[number + 1:]]))
    try:
        same = all(machine_code(copy, path, width) == before[width] for width in (32, 64))
        noticed = NO_FAULT[1] if same else noticed_by(copy, path, known)
    finally:
        write(planted, text)
        copies.put(copy)
    verdict = "SURVIVED" if noticed is None else f"no fault, {noticed}" if noticed in NO_FAULT else f"caught by {noticed}"
    return noticed, (f"{path}:{number + 1}: {what}: {verdict} ({time.monotonic() - began:.0f} s)\n"
                     f"    - {lines[number].strip()}\n    + {changed.strip()}")


# --- all of them -------------------------------------------------------------------------------------------------

def passes_in(copy, tests, name):
    """How long a test program takes that must pass: one that fails anyway would catch everything."""
    began = time.monotonic()
    if fails(copy, f"build/host/{name}", *tests) or (takes_ordinary(name) and fails(copy, *ORDINARY, f"build/host/{name}", *tests)):
        sys.exit(f"mutate: {name} fails without any fault; run make test ONLY=host.{name} first.")
    return time.monotonic() - began


def sound(copy, only, at_once):
    """What is known of the tests without a fault."""
    names = only[:1] or host_programs()
    if not make(copy, *(f"build/host/{name}" for name in names)):
        sys.exit("mutate: the tree does not build as it is; run make test first.")
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        seconds = dict(zip(names, pool.map(functools.partial(passes_in, copy, only[1:]), names)))
    if not only and fails(copy, *ON_TARGET):
        sys.exit("mutate: target.kernel fails without any fault; run make test ONLY=target.kernel first.")
    return {"seconds": seconds, "digest": {name: digest(copy, name) for name in names}, "tests": only[1:], "target": not only}


def campaign(drawn, count, again, attempt, at_once):
    """Verdicts of the first `count` that are faults, or of those of them in `again`; tells each as it ends."""
    verdicts, running, faults = [], {}, iter(enumerate(drawn))
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        while True:
            while len(verdicts) + len(running) < count:
                number, fault = next(((n, f) for n, f in faults if not again or n + 1 in again), (0, None))
                if not fault:
                    break
                running[pool.submit(attempt, fault)] = number + 1
            if not running:
                return verdicts
            for done in concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED).done:
                noticed, told = done.result()
                print(f"{running.pop(done)}. {told}", flush=True)
                verdicts += [] if noticed in NO_FAULT else [noticed]


def main():
    parser = argparse.ArgumentParser(description="Plants faults in the kernel and counts how many the tests catch.")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], help="ask only this program of test/host, and of it these tests")
    parser.add_argument("--in", dest="within", help="only in these parts and files: thread,call,reply")
    parser.add_argument("--again", default="", help="only these, as numbered by a run with the same seed: 4,17")
    parser.add_argument("--copies", type=int, default=2, help="how many are tried at once")
    arguments = parser.parse_args()
    os.chdir(TOP)
    paths = [os.path.join(COPIES, f"tree{number}") for number in range(arguments.copies)]
    copies = queue.Queue()
    copy_make(paths[0])
    known = sound(paths[0], arguments.only, arguments.copies)
    for path in paths:
        if path != paths[0]:
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(paths[0], path, symlinks=True)
        copies.put(path)
    drawn = list(candidates(arguments.within))
    random.Random(arguments.seed).shuffle(drawn)
    again = {int(number) for number in arguments.again.split(",") if number}
    verdicts = campaign(drawn, min(arguments.count, len(again) or arguments.count), again,
                        functools.partial(trial, copies, known), arguments.copies)
    caught = len(verdicts) - verdicts.count(None)
    print(f"mutate: planted {len(verdicts)} caught {caught}")
    return 0 if caught * 10 >= len(verdicts) * 8 else 1


if __name__ == "__main__":
    sys.exit(main())
