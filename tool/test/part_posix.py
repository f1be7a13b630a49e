"""The Open POSIX Test Suite on Nacre, and the pages about POSIX.

One machine a width runs all tests of port/posixtestsuite, each in a process of its own (test/target/posix_suite.c), and every
one must end as doc/posix_testsuite.md says: passed, unless it is listed there with another result and the reason. Checks are
posix.FOLDER.rvNN. posix.rows looks up the tests that doc/posix.md names. Nacre's own tests are target.posix_files,
target.posix_process and target.posix_signal (part scenario).
"""

import glob
import os
import re

from check import TOP, WIDTHS, Check, Job, failed, passed, tail, tests_of
from part_scenario import Scenario, goals, image_build
from qemu import Machine

PAGE, ROWS_PAGE = "doc/posix_testsuite.md", "doc/posix.md"
LIST = "build/source/posixtestsuite/tests.list"
PROGRAMS = 16           # port/posixtestsuite/prepare
SECONDS = 900           # of the host's, for a busy one; an idle one needs two minutes
NOT_BUILT, NOT_RUN = "not built", "not run"
RESULT = re.compile(r"^= (\S+) (.+?)\s*$", re.MULTILINE)


def scenario(width):
    folder = f"build/rv{width}/program"
    files = {f"bin/test-pts-{number}": f"{folder}/test-pts-{number}" for number in range(1, PROGRAMS + 1)}
    return Scenario(name="posixtestsuite", mem="32M", kernel="kernel", system="posix",
                    files={**files, "bin/test-suite": f"{folder}/test-posix_suite"})


# --- what the page says ------------------------------------------------------------------------------------------

def listed():
    """{FOLDER/NAME: result} of all tests that do not pass."""
    rows = {}
    with open(os.path.join(TOP, PAGE), encoding="utf-8") as file:
        for result, cell in re.findall(r"^\| ([a-z0-9 ]+) \| ((?:`[^`|]+` ?)+)\|$", file.read(), re.MULTILINE):
            for test in re.findall(r"`([^`]+)`", cell):
                rows[test] = result
    return rows


def folders():
    """Folders whose tests are run, as the page lists them."""
    with open(os.path.join(TOP, PAGE), encoding="utf-8") as file:
        return re.findall(r"`([^`]+)`", re.search(r"<!-- folders -->(.*?)<!-- end -->", file.read(), re.DOTALL)[1])


# --- the run -----------------------------------------------------------------------------------------------------

def tests():
    """(FOLDER/NAME, number of its program, 0: it cannot be built) of all tests."""
    with open(LIST, encoding="utf-8") as file:
        return [(name, int(number)) for name, number in (line.split() for line in file)]


def flat(name):
    """What a test is called within its program."""
    return re.sub(r"[-.]", "_", name.replace("/", "__"))


def play(width, wanted):
    """Output of one machine that runs these tests."""
    plan = scenario(width)
    lines = "".join(f"test-pts-{number} {flat(name)}\n" for name, number in wanted if number)
    with Machine(width, plan.mem, image_build(plan, width), "test", seconds=SECONDS) as machine:
        machine.send(f"test-suite\n{lines}\npoweroff\n")
        machine.send_end()
        try:
            machine.wait()
        except TimeoutError:
            pass            # tests that were not reached have not ended as listed
        return machine.output


def differences(folder, wanted, page, ended):
    """A line for each test of a folder that did not end as the page says."""
    for name, number in wanted:
        if name.split("/")[0] != folder:
            continue
        result = ended.get(flat(name), NOT_RUN) if number else NOT_BUILT
        said = page.get(name, "passed")
        if result != said:
            yield f"{name}: {result}; {PAGE} says {said}"


def run(width, names):
    """Results of these checks, posix.FOLDER.rvNN."""
    asked = {name.split(".")[1]: name for name in names}
    everything = tests()
    wanted = [test for test in everything if test[0].split("/")[0] in asked]
    page = listed()
    output = play(width, [test for test in wanted if page.get(test[0]) != NOT_RUN])
    ended = dict(RESULT.findall(output))
    gone = [name for name in page if name not in dict(everything)]
    for folder, name in asked.items():
        wrong = list(differences(folder, wanted, page, ended))
        wrong += [f"{test}: {PAGE} lists it, and there is no such test" for test in gone if test.startswith(f"{folder}/")]
        if not any(test.startswith(f"{folder}/") for test, _ in wanted):
            wrong.append(f"{PAGE} lists the folder, and there is no test in it")
        if wrong and not ended:
            wrong.append(tail(output))
        yield failed(name, "\n".join(wrong)) if wrong else passed(name)


def suite_job(width):
    checks = [Check(f"posix.{folder}.rv{width}", f"{folder}: the suite's tests end as the page about it says")
              for folder in folders()]
    return Job(checks, lambda names: run(width, names), goals=goals(scenario(width), width))


# --- the table of what is there ----------------------------------------------------------------------------------

def rows():
    """(what, tests) of the table of doc/posix.md: its first and its last column."""
    with open(os.path.join(TOP, ROWS_PAGE), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("| ") and len(cells) == 3 and cells[0] != "what":
                yield cells[0], re.findall(r"`([^`]+)`", cells[2])


def known():
    """Names of all tests that a row may name: PROGRAM.TEST, and folders of the suite."""
    programs = sorted(glob.glob(os.path.join(TOP, "test/target/*.c")))
    names = {f"{os.path.basename(path)[:-2]}.{test}" for path in programs for test, _ in tests_of(path)}
    return names | {f"suite/{folder}" for folder in folders()}


def rows_job():
    name, there = "posix.rows", known

    def run_rows(_):
        names = there()
        wrong = [f"{ROWS_PAGE}, {what}: it names no test" for what, named in rows() if not named]
        wrong += [f"{ROWS_PAGE}, {what}: there is no test {test}" for what, named in rows() for test in named if test not in names]
        if not list(rows()):
            wrong.append(f"{ROWS_PAGE} has no table")
        yield failed(name, "\n".join(wrong)) if wrong else passed(name)

    return Job([Check(name, "each row of the page about POSIX names tests that exist")], run_rows)


def jobs(width):
    return [rows_job()] + [suite_job(each) for each in ([width] if width else WIDTHS)]
