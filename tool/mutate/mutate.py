#!/usr/bin/python3
"""mutate.py - are the tests worth anything? Plants faults in the portable kernel, one at a time, and sees who notices.

    mutate.py [--count N] [--seed S] [--only PROGRAM [TEST]] [--in WORDS]      ends with  mutate: planted N caught N

A fault is one small change of a line: another operator, a negated condition, a dropped call, an error that is not told.
Which ones, follows from the seed alone. Each is planted in a copy of the tree under build/mutate, whose objects are copied
along, so that little is built anew. The host tests are run first; what they let pass is tried on the target, in QEMU. A
fault that does not compile is none: another one is drawn. A test that hangs has noticed. Survivors are listed with their
change: each is a test to be written, or a change that makes no difference. Exit status 1 if fewer than 8 in 10 are caught.
"""

import argparse
import glob
import os
import random
import re
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
COPY = os.path.join(TOP, "build/mutate/tree")
PARTS = ["ipc", "thread", "object", "memory", "syscall"]
SECONDS = 600       # wall-clock net of one test program
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


# --- the copy ----------------------------------------------------------------------------------------------------

def copy_make():
    """A copy of the tree as it stands, with what is built of it; times are kept, so make finds it up to date."""
    shutil.rmtree(COPY, ignore_errors=True)
    os.makedirs(COPY)
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    for path in filter(os.path.isfile, files.stdout.splitlines()):
        os.makedirs(os.path.join(COPY, os.path.dirname(path)), exist_ok=True)
        shutil.copy2(path, os.path.join(COPY, path))
    for folder in ("gen", "host", "rv32", "newlib32", "toolchain"):
        if os.path.isdir(f"build/{folder}"):
            shutil.copytree(f"build/{folder}", os.path.join(COPY, "build", folder), symlinks=True)


def make(*goals):
    """True if make built them in the copy."""
    command = ["make", "-s", "--no-print-directory", "-f", "tool/make/build.mk", f"-j{os.cpu_count()}", *goals]
    return subprocess.run(command, cwd=COPY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def fails(*command):
    """True if the command ends badly, or not in time."""
    try:
        done = subprocess.run(command, cwd=COPY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=SECONDS)
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True


# --- one fault ---------------------------------------------------------------------------------------------------

def host_programs():
    """The kernel's host tests: the reference model first, then the others of system calls, which notice most."""
    names = [os.path.basename(path)[:-2] for path in sorted(glob.glob("test/host/kernel_*.c"))]
    return sorted(names, key=lambda name: (name != "kernel_sys_reference", not name.startswith("kernel_sys")))


def noticed_by(only):
    """The test program that fails in the copy, None if none does, "" if the fault does not compile."""
    if not make("build/host/libkernel.a"):
        return ""
    for name in only[:1] or host_programs():
        if not make(f"build/host/{name}"):
            return ""
        if fails(f"build/host/{name}", *only[1:]):
            return name
    on_target = not only and fails("/usr/bin/python3", "tool/test/run.py", "--only", "target.kernel", "--width", "32")
    return "target.kernel" if on_target else None


def plant(path, number, changed):
    """Puts the line into the copy and returns the text that was there before."""
    with open(os.path.join(COPY, path), encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines(keepends=True)
    lines[number] = changed + "\n"
    write(path, "".join(lines))
    return text


def write(path, text):
    with open(os.path.join(COPY, path), "w", encoding="utf-8") as file:
        file.write(text)


def trial(path, number, changed, what, only):
    """None: not a fault. Else whether it was noticed."""
    text = plant(path, number, changed)
    noticed = noticed_by(only)
    write(path, text)
    if noticed == "":
        return None
    verdict = f"caught by {noticed}" if noticed else "SURVIVED"
    print(f"{path}:{number + 1}: {what}: {verdict}", flush=True)
    print(f"    - {text.splitlines()[number].strip()}\n    + {changed.strip()}", flush=True)
    return noticed is not None


def main():
    parser = argparse.ArgumentParser(description="Plants faults in the kernel and counts how many the tests catch.")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], help="ask only this program of test/host, and of it these tests")
    parser.add_argument("--in", dest="within", help="only in these parts and files: thread,call,reply")
    arguments = parser.parse_args()
    os.chdir(TOP)
    copy_make()
    names = arguments.only[:1] or host_programs()
    if not make(*(f"build/host/{name}" for name in names)):
        sys.exit("mutate: the tree does not build as it is; run make test first.")
    for name in names:      # a test that fails anyway would catch everything
        if fails(f"build/host/{name}", *arguments.only[1:]):
            sys.exit(f"mutate: {name} fails without any fault; run make test ONLY=host.{name} first.")
    drawn = list(candidates(arguments.within))
    random.Random(arguments.seed).shuffle(drawn)
    results = []
    for fault in drawn:
        if len(results) == arguments.count:
            break
        caught = trial(*fault, arguments.only)
        results += [] if caught is None else [caught]
    print(f"mutate: planted {len(results)} caught {sum(results)}")
    return 0 if sum(results) * 10 >= len(results) * 8 else 1


if __name__ == "__main__":
    sys.exit(main())
