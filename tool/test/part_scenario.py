"""Whole machines in QEMU: scenarios (test/scenario/*.toml), and test programs that tell of their tests by TAP.

A scenario is one short file: the system, what is typed, what must come out. test/scenario/README.md lists its keys.
A test program of test/target that no scenario names runs as init, on both widths, with nothing around it.
The checks of a test program are its TESTs, under target.NAME; everything else is scenario.NAME.
"""

import glob
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field

from check import WIDTHS, Check, Job, Result, failed, passed, tail, tap_results, tests_of
from far_end import FarEnds
from qemu import Machine, drive_words, serial_words

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../image"))
DEADLINE_STATUS = 3
SECTOR_BYTES = 512


@dataclass
class Scenario:
    """The keys of a scenario file; test/scenario/README.md says what each means."""
    name: str
    sentence: str = ""
    widths: list = field(default_factory=lambda: list(WIDTHS))
    mem: str = "16M"
    boot: str = "flash"
    cpu: str = ""
    qemu: list = field(default_factory=list)
    kernel: str = "kernel-test"
    system: str = "base"
    init: str = ""
    programs: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    options: str = ""
    disk: list = field(default_factory=list)
    serial: int = 0
    deadline_s: int = 0
    seconds: int = 120
    damage: str = ""
    reboot: bool = False
    step: list = field(default_factory=list)
    input: str = ""
    end: bool = True
    expect: list = field(default_factory=list)
    refuse: list = field(default_factory=list)
    status: int = 0
    tap: str = ""


class ScenarioError(Exception):
    """What is wrong with a scenario file, as one sentence."""


def read(path):
    with open(path, "rb") as file:
        keys = tomllib.load(file)
    unknown = set(keys) - set(Scenario.__dataclass_fields__)
    if unknown:
        raise ScenarioError(f"{path}: no scenario has a key named {sorted(unknown)[0]}.")
    if "sentence" not in keys and "tap" not in keys:
        raise ScenarioError(f"{path}: a scenario needs a sentence.")
    return Scenario(name=os.path.basename(path)[:-5], **keys)


def mode(scenario):
    """How QEMU keeps time: a guest that is typed at while it waits, or waits for a device of the host's, needs waits that take time."""
    return "typed" if scenario.step or scenario.disk or "-device" in scenario.qemu else "test"


def options(scenario):
    """The image's boot options. A system that waits for input where waits take no time is at its deadline at once,
    so it has none unless it asks; everything else has a minute."""
    waits = not scenario.init and mode(scenario) == "test" or scenario.boot == "opensbi"
    seconds = scenario.deadline_s or (0 if waits else 60)
    return " ".join(filter(None, [f"deadline={seconds * 10**9}" if seconds else "", scenario.options]))


# --- the image ---------------------------------------------------------------------------------------------------

def goals(scenario, width):
    """What make builds for the scenario's image: a whole system, or one program with nothing around it."""
    folder = f"build/rv{width}"
    files = [path.format(build=folder) for path in scenario.files.values()] + [f"{folder}/{scenario.kernel}"]
    if scenario.init:
        parts = ["image-base", f"{folder}/program/{scenario.init}"]
    elif scenario.programs:
        parts = ["image-base", f"{folder}/system/{scenario.system}"]
        parts += [f"{folder}/program/{name}" for name in ["init", *scenario.programs]]
    else:
        parts = ["image-parts", f"{folder}/system/{scenario.system}"]
    return [(width, goal) for goal in parts + [path for path in files if path.startswith(folder)]]


def program_files(scenario, folder):
    """What puts the scenario's programs, or without a choice all there are, into an image, as words for image.py."""
    if scenario.programs:
        return [word for name in scenario.programs for word in ("--file", f"bin/{name}={folder}/program/{name}")]
    with open(f"{folder}/image.files", encoding="utf-8") as file:
        return file.read().split()


def image_build(scenario, width):
    """Makes the scenario's image and returns its path."""
    folder = f"build/rv{width}"
    words = []
    if not scenario.init:
        words = program_files(scenario, folder) + ["--file", f"system={folder}/system/{scenario.system}"]
    for name, path in scenario.files.items():
        words += ["--file", f"{name}={path.format(build=folder)}"]
    out = f"{folder}/scenario/{scenario.name}.image"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    done = subprocess.run(
        ["/usr/bin/python3", "tool/image/image.py", "build", "--boot", f"{folder}/boot.bin", "--dtb", f"{folder}/board.dtb",
         "--kernel", f"{folder}/{scenario.kernel}", "--init", f"{folder}/program/{scenario.init or 'init'}", *words,
         "--options", options(scenario), "--out", out],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise ScenarioError(done.stderr.strip())
    if scenario.damage:
        image_damage(out, scenario.damage)
    return out


def image_damage(path, how):
    """how: "flip FILE" turns one bit in the middle of that file ("flip header": of the header), "cut FILE" cuts the
    image there, "erase" leaves nothing but boot."""
    from image import PAGE, archive_read, header_find
    with open(path, "rb") as file:
        image = bytearray(file.read())
    header, fields = header_find(image)
    archive = fields[4]
    places = {name: offset + len(content) // 2
              for name, content, offset in archive_read(image[archive:archive + fields[5]], archive)}
    verb, _, name = how.partition(" ")
    places["header"] = header + 9
    if verb == "flip":
        image[places[name]] ^= 0x10
    elif verb == "cut":
        del image[places[name]:]
    elif verb == "erase":
        image[header:] = b"\xff" * PAGE
    else:
        raise ScenarioError(f'no image can be damaged by "{how}".')
    with open(path, "wb") as file:
        file.write(image)


# --- disks -------------------------------------------------------------------------------------------------------

def disks_build(scenario, width):
    """Makes the scenario's disks anew. Returns their paths, and what QEMU is told of each beside."""
    paths, options = [], []
    for number, disk in enumerate(scenario.disk):
        path = f"build/rv{width}/scenario/{scenario.name}.disk{number}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(disk["kib"] * 1024)
            for sector, text in disk.get("write", {}).items():
                file.seek(int(sector) * SECTOR_BYTES)
                file.write(text.encode())
        paths.append(path)
        options.append((",readonly=on" if disk.get("readonly") else "") +
                       (f",throttling.iops-total={disk['iops']}" if "iops" in disk else ""))
    return paths, options


def disks_verdict(scenario, paths):
    """What is not on the disks that should be, or an empty text."""
    for path, disk in zip(paths, scenario.disk):
        with open(path, "rb") as file:
            for sector, text in disk.get("expect", {}).items():
                file.seek(int(sector) * SECTOR_BYTES)
                found = file.read(len(text.encode()))
                if found != text.encode():
                    return f"on {path}, sector {sector}, there is {found!r}, not {text!r}"
    return ""


# --- the run -----------------------------------------------------------------------------------------------------

def play(scenario, machine, far):
    """Types what the scenario says and collects all output. Returns what went wrong, or an empty text."""
    for step in scenario.step:
        if "serial" in step or "monitor" in step:
            if wrong := far.play(step, machine):
                return wrong
            continue
        if "expect" in step and not machine.expect(step["expect"]):
            return f"QEMU ended before this came: {step['expect']}"
        machine.send(step.get("send", ""))
    machine.send(scenario.input)
    if scenario.end:
        machine.send_end()
    machine.wait()
    return ""


def verdict(scenario, machine):
    """What is wrong with the finished run, or an empty text."""
    if machine.status != scenario.status:
        why = ", the guest's deadline passed" if machine.status == DEADLINE_STATUS else ""
        return f"QEMU's exit status was {machine.status}{why}, not {scenario.status}"
    place = 0
    for pattern in scenario.expect:
        match = re.compile(pattern, re.MULTILINE).search(machine.output, place)
        if not match:
            return f"this did not come, or not in this order: {pattern}"
        place = match.end()
    for pattern in scenario.refuse:
        match = re.search(pattern, machine.output, re.MULTILINE)
        if match:
            return f"this must not come: {match.group()!r}"
    return ""


def run(scenario, width):
    """(what went wrong or "", output) of one run."""
    image = image_build(scenario, width)
    disks, drives = disks_build(scenario, width)
    with FarEnds(scenario.serial) as far, \
         Machine(width, scenario.mem, image, mode(scenario), cpu=scenario.cpu.format(width=width),
                 extra=[*drive_words(disks, drives), *serial_words(far.paths()), *far.words(), *scenario.qemu],
                 seconds=scenario.seconds, reboot=scenario.reboot, boot=scenario.boot) as machine:
        try:
            wrong = play(scenario, machine, far) or verdict(scenario, machine) or disks_verdict(scenario, disks)
        except EOFError:
            wrong = "QEMU ended while something was still to come over a serial port"
        except TimeoutError:
            wrong = f"QEMU was stopped after {scenario.seconds} s of wall-clock time"
        return wrong, machine.output


# --- the jobs ----------------------------------------------------------------------------------------------------

def test_sources(program):
    """The C files of the test program test-NAME, for NAME."""
    return sorted(glob.glob(f"test/target/{program}.c") + glob.glob(f"test/target/{program}/*.c"))


def scenario_job(scenario, width):
    name = f"scenario.{scenario.name}.rv{width}"

    def run_scenario(_):
        wrong, output = run(scenario, width)
        yield failed(name, f"{tail(output)}\n{wrong}") if wrong else passed(name)

    return Job([Check(name, scenario.sentence)], run_scenario, goals=goals(scenario, width))


def tap_job(scenario, width):
    prefix, suffix = f"target.{scenario.name}", f"rv{width}"
    tests = [test for source in test_sources(scenario.tap) for test in tests_of(source)]

    def run_tap(names):
        wrong, output = run(scenario, width)
        results = list(tap_results(prefix, [name for name, _ in tests], output))
        if wrong and all(result.verdict != "fail" for result in results):
            # Each test passed and the run was bad all the same: the last test answers for that.
            results[-1] = failed(results[-1].name, "")
        shown = tail(output)    # once, however many fail
        for result in results:
            text = result.text
            if result.verdict == "fail":
                text, shown = "\n".join(filter(None, [shown, text, wrong])), ""
            yield Result(f"{result.name}.{suffix}", result.verdict, text)

    return Job([Check(f"{prefix}.{name}.{suffix}", sentence) for name, sentence in tests], run_tap,
               goals=goals(scenario, width))


def scenarios():
    found = [read(path) for path in sorted(glob.glob("test/scenario/*.toml"))]
    named = {scenario.tap for scenario in found}
    programs = sorted(glob.glob("test/target/*.c") + glob.glob("test/target/*/main.c"))
    for path in programs:
        name = os.path.basename(path.removesuffix("/main.c").removesuffix(".c"))
        if name not in named:
            found.append(Scenario(name=name, tap=name, init=f"test-{name}"))
    return found


def jobs(width):
    wanted = [width] if width else WIDTHS
    return [(tap_job if scenario.tap else scenario_job)(scenario, each)
            for scenario in scenarios() for each in scenario.widths if each in wanted]
