"""The kernel's short ways give the same answers as its long way: test programs run twice, once with the boot option
no-short-way, and all that they print must be the same. test/target/answers.c prints what it is answered, register by register.

With the kernel that people run, since it is quick. That what a short way leaves behind is whole, the same programs prove as
scenarios (target.*), where the test kernel looks at everything in the next long one.
"""

import difflib
import re

from check import WIDTHS, Check, Job, failed, passed, tail
from part_scenario import Scenario, ScenarioError, goals, run

# Everything that sends messages by hand.
PROGRAMS = ["answers", "kernel", "order", "death", "lib_server"]
OPTION = "no-short-way"
CLOCK = re.compile(r"^# clock (\d+)\s*$", re.MULTILINE)
# How many times the long way takes as long for what test/target/answers.c measures, at least.
LONGER = 2
SHOWN = 20


def output(program, width, options):
    """What the program prints; an error if its tests fail."""
    scenario = Scenario(name=f"fast-{program}-{options or 'all'}", kernel="kernel", init=f"test-{program}", options=options)
    wrong, text = run(scenario, width)
    if wrong:
        raise ScenarioError(f"{tail(text)}\n{wrong}")
    return text


def check_same(program, width):
    short, long = output(program, width, ""), output(program, width, OPTION)
    lines = [CLOCK.sub("", text).splitlines() for text in (short, long)]
    differ = list(difflib.unified_diff(*lines, "all ways", OPTION, n=1, lineterm=""))
    return "\n".join(differ[:SHOWN])


def check_forbidden(width):
    short, long = (int(CLOCK.search(output("answers", width, options)).group(1)) for options in ("", OPTION))
    return "" if long >= LONGER * short else f"100 round trips take {short} ns, and {long} ns with {OPTION}, which does nothing."


def job(name, sentence, check, program, width, *arguments):
    def run_check(_):
        try:
            wrong = check(*arguments, width)
        except ScenarioError as error:
            wrong = str(error)
        return [failed(name, wrong) if wrong else passed(name)]

    return Job([Check(name, sentence)], run_check, goals=goals(Scenario(name="fast", init=f"test-{program}"), width))


def jobs(width):
    for one in [width] if width else WIDTHS:
        for program in PROGRAMS:
            yield job(f"fast.same_answers.{program}.rv{one}", f"test-{program} prints the same with the kernel's short ways forbidden",
                      check_same, program, one, program)
        yield job(f"fast.forbidden.rv{one}", f"the boot option {OPTION} does forbid them", check_forbidden, "answers", one)
