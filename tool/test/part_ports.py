"""Third-party software on Nacre: upstream's own tests, and ours where upstream has none, run in QEMU.

port/NAME/test.toml lists what is run (port/README.md has its keys): each entry boots a machine, types commands at the shell
and reads what comes out. Checks are ports.NAME.ENTRY.CASE.rvNN, where a case is one command, or a test of a script of ours.
ports.NAME.ENTRY.counts.rvNN compares what came with the table of doc/ports.md, so that page is what was run.
"""

import glob
import os
import re
import tomllib
from dataclasses import dataclass, field

from check import TOP, WIDTHS, Check, Job, Result, failed, passed, tail, tap_results
from part_scenario import Scenario, image_build, goals
from qemu import Machine

PAGE = "doc/ports.md"
VERDICTS = ("passed", "failed", "skipped")
BATCH = 30      # commands a machine
# A test of a script, as its author wrote it down.
SCRIPT_TEST = re.compile(r'^test\("(\w+)",\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)


class PortError(Exception):
    """What is wrong with a test.toml, as one sentence."""


@dataclass
class Entry:
    """One machine; port/README.md says what each key means."""
    port: str
    name: str
    sentence: str = ""
    cases: dict = field(default_factory=dict)
    each: str = ""
    without: list = field(default_factory=list)
    known: dict = field(default_factory=dict)
    programs: list = field(default_factory=list)
    system: str = "ports"
    mem: str = "16M"
    qemu: list = field(default_factory=list)
    kernel: str = "kernel"
    seconds: int = 300
    script: str = ""
    expect: list = field(default_factory=list)
    refuse: list = field(default_factory=list)
    crash: str = ""
    passed: str = ""
    failed: str = ""
    skipped: str = ""
    soak: bool = False


def read(path):
    port = os.path.basename(os.path.dirname(path))
    with open(path, "rb") as file:
        table = tomllib.load(file)
    common = {key: value for key, value in table.items() if key != "check"}
    entries = []
    for keys in table.get("check", []):
        keys = {**common, **keys}
        unknown = set(keys) - set(Entry.__dataclass_fields__)
        if unknown:
            raise PortError(f"{path}: there is no key {sorted(unknown)[0]}.")
        entries.append(complete(Entry(port=port, **keys)))
    return entries


def names_of(port, variable):
    """The words of a variable of port/NAME/port.mk, where its tests are listed already."""
    with open(f"port/{port}/port.mk", encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    return [re.sub(r"\W", "_", word) for word in re.search(rf"^{variable} *:= *(.*)$", text, re.MULTILINE)[1].split()]


def complete(entry):
    """Cases as name and command, also where the file lists only names, or where they are listed."""
    if entry.script:
        entry.cases = {"script": entry.each}
        return entry
    if isinstance(entry.cases, str):
        entry.cases = names_of(entry.port, entry.cases)
    entry.cases = entry.cases if isinstance(entry.cases, dict) else [name for name in entry.cases if name not in entry.without]
    if not isinstance(entry.cases, dict):
        entry.cases = {name: entry.each.format(name) for name in entry.cases}
    return entry


def script_tests(entry):
    with open(entry.script, encoding="utf-8") as file:
        return SCRIPT_TEST.findall(file.read())


# --- one machine -------------------------------------------------------------------------------------------------

def scenario(entry, width):
    """The scenario runner's image, with the port's programs beside the system's."""
    return Scenario(name=f"port-{entry.port}-{entry.name}", mem=entry.mem, kernel=entry.kernel, system=entry.system,
                    files={f"bin/{name}": f"build/rv{width}/program/{name}" for name in entry.programs})


def typed(cases):
    """Each command, and a line that tells how it ended."""
    return "".join(f"{command}\necho {name} ended with $?\n" for name, command in cases)


def batches(entry):
    cases = list(entry.cases.items())
    return [cases[at:at + BATCH] for at in range(0, len(cases), BATCH)]


def play(entry, width):
    """(what went wrong or "", output) of all machines, one behind the other."""
    wrong, outputs = "", []
    for cases in batches(entry):
        why, output = play_batch(entry, width, cases)
        wrong = wrong or why
        outputs.append(output)
    output = "".join(outputs)
    return wrong or wrong_in(entry, output), output


def play_batch(entry, width, cases):
    plan = scenario(entry, width)
    with Machine(width, plan.mem, image_build(plan, width), "test", extra=entry.qemu,
                 seconds=entry.seconds) as machine:
        machine.send(typed(cases))
        machine.send_end()
        try:
            machine.wait()
        except TimeoutError:
            return f"QEMU was stopped after {entry.seconds} s of wall-clock time", machine.output
        return f"QEMU's exit status was {machine.status}" if machine.status else "", machine.output


def wrong_in(entry, output):
    """What the output lacks, or has and must not."""
    place = 0
    for pattern in entry.expect:
        match = re.compile(pattern, re.MULTILINE).search(output, place)
        if not match:
            return f"this did not come, or not in this order: {pattern}"
        place = match.end()
    for pattern in [*entry.refuse, *([] if entry.crash else [r"^crash of .*"])]:
        match = re.search(pattern, output, re.MULTILINE)
        if match:
            return f"this must not come: {match.group()!r}"
    return ""


def number(pattern, output):
    """How many cases a pattern tells of: the sum of the numbers in its group, or how often it matches."""
    if not pattern:
        return 0
    found = re.findall(pattern, output, re.MULTILINE)
    return sum(int(each) for each in found) if re.compile(pattern).groups else len(found)


# --- what the page says ------------------------------------------------------------------------------------------

def page_counts():
    """{(port, entry): [(passed, failed, skipped) of RV32, of RV64]} of the page's table; `a / b` where widths differ."""
    rows = {}
    with open(os.path.join(TOP, PAGE), encoding="utf-8") as file:
        for port, entry, *cells in re.findall(r"^\| `(\w+)` \| `(\w+)` \|[^|]*\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", file.read(),
                                              re.MULTILINE):
            both = [[int(part.replace(",", "")) for part in cell.split("/")] for cell in cells]
            rows[port, entry] = [tuple(cell[0] for cell in both), tuple(cell[-1] for cell in both)]
    return rows


def counts_result(name, entry, width, told):
    said = page_counts().get((entry.port, entry.name))
    if said is None:
        return failed(name, f"{PAGE} has no row for {entry.port} {entry.name}; it was {told} (passed, failed, skipped)")
    wanted = said[WIDTHS.index(width)]
    return passed(name) if wanted == told else failed(name, f"{PAGE} says {wanted} (passed, failed, skipped), it was {told}")


# --- the jobs ----------------------------------------------------------------------------------------------------

def sentences(entry):
    """(name, sentence) of each case."""
    if entry.script:
        return script_tests(entry)
    return [(name, f"{entry.sentence}: {name}") for name in entry.cases]


def case_results(entry, prefix, output):
    """How each command ended. One that is known to fail is skipped with the reason, and must not begin to pass unnoticed."""
    ended = dict(re.findall(r"^(\w+) ended with (\d+)$", output, re.MULTILINE))
    for name in entry.cases:
        check, status = f"{prefix}.{name}", ended.get(name)
        if entry.crash:
            told = case_output(entry, name, output)
            good = status not in (None, "0") and re.search(entry.crash, told, re.MULTILINE)
            yield passed(check) if good else failed(check, f"{told}\nno fault ended it; its status was {status}")
        elif status == "0":
            yield failed(check, "it passes, and is listed as known to fail") if name in entry.known else passed(check)
        elif status and name in entry.known:
            yield Result(check, "skip", entry.known[name])
        else:
            yield failed(check, f"{case_output(entry, name, output)}\nit ended with status {status}")


def case_output(entry, name, output):
    """What one command printed."""
    before, _, _ = output.partition(f"\n{name} ended with")
    return tail(before.rpartition(f"nacre> {entry.cases[name]}")[2])


def results(entry, width, output):
    """Result of each case, its name without the width."""
    prefix = f"ports.{entry.port}.{entry.name}"
    if entry.script:
        return list(tap_results(prefix, [name for name, _ in script_tests(entry)], output))
    return list(case_results(entry, prefix, output))


def counts(entry, found, output):
    """(passed, failed, skipped): of what upstream's tests told, or else of the cases."""
    if entry.passed:
        return tuple(number(getattr(entry, verdict), output) for verdict in VERDICTS)
    return tuple(sum(result.verdict == verdict for result in found) for verdict in ("pass", "fail", "skip"))


def job(entry, width):
    prefix, suffix = f"ports.{entry.port}.{entry.name}", f"rv{width}"

    def run(_):
        wrong, output = play(entry, width)
        found = results(entry, width, output)
        for result in found:
            broken = wrong and result.verdict == "pass"
            yield Result(f"{result.name}.{suffix}", "fail" if broken else result.verdict,
                         f"{tail(output)}\n{wrong}" if broken else result.text)
        yield counts_result(f"{prefix}.counts.{suffix}", entry, width, counts(entry, found, output))

    checks = [Check(f"{prefix}.{name}.{suffix}", sentence) for name, sentence in sentences(entry)]
    checks.append(Check(f"{prefix}.counts.{suffix}", f"{PAGE} tells how many cases pass, fail and are skipped"))
    return Job(checks, run, goals=goals(scenario(entry, width), width))


def jobs(width):
    """Those for each day, or with SOAK in the environment (`make soak`) those that take too long for that."""
    soak = bool(os.environ.get("SOAK"))
    entries = [entry for path in sorted(glob.glob("port/*/test.toml")) for entry in read(path) if entry.soak == soak]
    return [job(entry, each) for entry in entries for each in ([width] if width else WIDTHS)]
