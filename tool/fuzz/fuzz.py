#!/usr/bin/python3
"""fuzz.py - runs the fuzzers of test/fuzz, and keeps their corpora.

    fuzz.py run NAME|all [SECONDS]    fuzzes, a fuzzer after the other; new inputs stay in build/fuzz/corpus
    fuzz.py keep NAME|all             makes the smallest corpus of what is there: test/fuzz/corpus/NAME.txt
    fuzz.py replay NAME [RUNS]        the corpus, and so many runs that are the same each time (make test)
    fuzz.py seed NAME|all             adds what can be made without fuzzing (seeds.py)
    fuzz.py coverage NAME             lines of a driver's files that the last replay reached; fails below LEAST percent
    fuzz.py shorten NAME FILE         leaves out steps of FILE while it still fails: FILE.short, and what that one prints

A corpus is a text file with an input a line: base64 of zlib, so that a change can be seen and little is stored.
An input that finds something is left in build/fuzz/found, and `build/fuzz/NAME FILE` repeats it.
"""

import base64
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
import seeds  # noqa: E402
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
NAMES = sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(TOP, "test/fuzz/*.c"))
               if "int LLVMFuzzerTestOneInput" in open(path, encoding="utf-8").read())
LONGEST = {**{name: 1500 for name in seeds.DRIVERS}, "messages": 2048, "elf": 8192, "fdt": 8192, "archive": 8192, "description": 4096, "paths": 1024, "store": 1024, "words": 600, "kernel": 1608, "gdb": 1200}
STEP = {"kernel": 8}     # bytes of a step; the first sets the scene
SEED = 1
LEAST = 90
OPTIONS = ["-timeout=20", "-rss_limit_mb=1024", "-print_funcs=0", "-print_final_stats=0", "-verbosity=0"]


def text_path(name):
    return f"test/fuzz/corpus/{name}.txt"


def unpack(name, folder):
    """Writes each input of the corpus into a file of its own."""
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(text_path(name)):
        return
    with open(text_path(name), encoding="ascii") as file:
        for line in file:
            write_input(folder, zlib.decompress(base64.b64decode(line)))


def profile(name):
    """Where a fuzzer of a driver leaves its counts; others have none."""
    os.makedirs("build/fuzz/profile", exist_ok=True)
    return f"build/fuzz/profile/{name}"


def fuzzer(words, name, **how):
    return subprocess.run(words, stdin=subprocess.DEVNULL, env={**os.environ, "LLVM_PROFILE_FILE": profile(name) + ".raw"}, **how)


def write_input(folder, data):
    with open(os.path.join(folder, hashlib.sha256(data).hexdigest()[:16]), "wb") as file:
        file.write(data)


def pack(name, folder):
    """The other way, the smallest first."""
    inputs = []
    for path in glob.glob(f"{folder}/*"):
        with open(path, "rb") as file:
            inputs.append(file.read())
    lines = [base64.b64encode(zlib.compress(data, 9)).decode() for data in sorted(inputs, key=lambda data: (len(data), data))]
    os.makedirs(os.path.dirname(text_path(name)), exist_ok=True)
    with open(text_path(name), "w", encoding="ascii") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return len(lines), sum(map(len, lines))


def command(name, *options):
    found = "build/fuzz/found"
    os.makedirs(found, exist_ok=True)
    words = [f"build/fuzz/{name}", *OPTIONS, f"-max_len={LONGEST.get(name, 4096)}", f"-artifact_prefix={found}/{name}-"]
    dictionary = next((path for path in (f"test/fuzz/{name}.dict", f"build/fuzz/{name}.dict") if os.path.exists(path)), None)
    return [*words, *([f"-dict={dictionary}"] if dictionary else []), *options]


def run(name, seconds):
    corpus = f"build/fuzz/corpus/{name}"
    unpack(name, corpus)
    print(f"fuzz {name}, {seconds} s", flush=True)
    done = fuzzer(command(name, f"-max_total_time={seconds}", "-print_final_stats=1", corpus), name, stderr=subprocess.PIPE,
                  text=True, errors="replace")
    told = [line for line in done.stderr.splitlines() if line.startswith("stat::") or "cov:" in line]
    print("\n".join(told[-6:] if not done.returncode else done.stderr.splitlines()[-60:]), flush=True)
    return done.returncode


def keep(name):
    with tempfile.TemporaryDirectory() as small:
        unpack(name, f"build/fuzz/corpus/{name}")
        fuzzer(command(name, "-merge=1", small, f"build/fuzz/corpus/{name}"), name, check=True, stderr=subprocess.DEVNULL)
        print(f"{text_path(name)}: %d inputs, %d bytes" % pack(name, small))
    return 0


def replay(name, runs):
    with tempfile.TemporaryDirectory() as folder:
        unpack(name, folder)
        count = len(os.listdir(folder))
        if not count:
            sys.exit(f"fuzz: {name} has no corpus: make fuzz NAME={name}, then tool/fuzz/fuzz.py keep {name}")
        if name in seeds.DRIVERS:
            count += sum(1 for data in seeds.SEEDS[name]() if not write_input(folder, data))
        return fuzzer(command(name, f"-runs={count + runs}", f"-seed={SEED}", folder), name).returncode


def coverage(name):
    data = f"{profile(name)}.data"
    subprocess.run(["llvm-profdata-14", "merge", "-o", data, f"{profile(name)}.raw"], check=True)
    told = subprocess.run(["llvm-cov-14", "export", "-summary-only", f"-instr-profile={data}", f"build/fuzz/{name}"],
                          capture_output=True, text=True, check=True).stdout
    lines = {os.path.relpath(file["filename"]): file["summary"]["lines"] for file in json.loads(told)["data"][0]["files"]}
    own = {path: count for path, count in lines.items() if path.startswith("driver/") and path.endswith(".c")}
    for path, count in sorted(own.items()):
        print(f"{path}: {count['covered']} of {count['count']} lines, {count['percent']:.1f} %")
    return int(not own or min(count["percent"] for count in own.values()) < LEAST)


def seed(name):
    folder = f"build/fuzz/corpus/{name}"
    os.makedirs(folder, exist_ok=True)
    for data in seeds.SEEDS[name]():
        write_input(folder, data)
    return 0


def fails(name, data):
    """What the fuzzer prints of this input, "" if it finds nothing."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run(command(name, file.name), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        return done.stderr if done.returncode else ""


def shorten(name, path):
    """Halves, quarters, ... single steps are left out, as long as what is left still fails."""
    step = STEP.get(name, 1)
    with open(path, "rb") as file:
        data = file.read()
    if not fails(name, data):
        sys.exit(f"fuzz: {path} makes {name} find nothing, so there is nothing to shorten.")
    piece = max(1, len(data) // step // 2)
    while piece:
        at = step                           # the first step sets the scene
        while at < len(data):
            less = data[:at] + data[at + piece * step:]
            if fails(name, less):
                data = less
            else:
                at += piece * step
        piece //= 2
    with open(path + ".short", "wb") as file:
        file.write(data)
    print(fails(name, data), f"{path}.short: {len(data) // step} steps", sep="\n")
    return 0


def main(argv):
    os.chdir(TOP)
    if len(argv) == 3 and argv[0] == "shorten" and argv[1] in NAMES and os.path.isfile(argv[2]):
        return shorten(argv[1], argv[2])
    if len(argv) < 2 or argv[0] not in ("run", "keep", "replay", "seed", "coverage") or argv[1] not in [*NAMES, "all"]:
        sys.exit(f"{__doc__}\nNAME is one of {', '.join(NAMES)}.")
    number = int(argv[2]) if len(argv) > 2 else {"run": 60, "replay": 2000}.get(argv[0], 0)
    act = {"run": lambda name: run(name, number), "keep": keep, "replay": lambda name: replay(name, number), "seed": seed,
           "coverage": coverage}[argv[0]]
    return max(act(name) for name in (NAMES if argv[1] == "all" else [argv[1]]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
