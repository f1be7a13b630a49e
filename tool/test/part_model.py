"""Models (test/model/*.pml): spin goes through every order in which the processes of a model can run, to the end.

A model's head lists what must hold, and words that break it. `holds` is the model as it stands; `NAME.WORD` has the word
defined, and must be found wrong, by the assertion that stands for the property named behind it: so a check that finds
nothing is known to be able to.
"""

import glob
import os
import re
import subprocess
import tempfile

from check import TOP, Check, Job, failed, passed, tail

# What of the generated program's message tells each property.
TOLD_BY = {
    "ring": {"ORDER": r"memory\[.*==", "KEPT": r"count\[.*%8\)<4", "COUNTS": r"amount<=4", "WOKEN": r"asleep.*sleeps_for",
             "ONE": r"!\(asleep\[1\]\)\|\| !\(asleep\[0\]\)"},
    "call": {"ONCE": r" open\[", "OWN": r"calls\[.*==held_call", "WAITS": r"mailbox_dead\[mailbox|phase\[.*==0|open\[i\]\)\|\|",
             "TAKEN": r"!\(waits\[i\]", "WRITER": r"k<=1", "HOME": r"home\[i\]", "PLACE": r"entry\[k\]"},
    "inherit": {"RIGHT": r"runs_at\[j\]==top", "RING": r"!\(waits_for", "LIVE": r"server_thread\[j\]\]!=5|owner\[j\]\]!=5"},
}
# model -> word that breaks it -> the property that must be found not to hold
BROKEN = {
    "ring": {"NO_ADVANCE_FENCE": "WOKEN", "NO_ARM_FENCE": "WOKEN", "NO_SIGNAL_FENCE": "WOKEN", "NO_LOOK_AGAIN": "WOKEN",
             "NO_SIGNAL": "WOKEN", "NO_RELEASE": "ORDER", "TOO_FULL": "KEPT", "WANT_ALL": "ONE"},
    "call": {"NO_TOKEN_NEXT": "OWN", "NO_UNQUEUE": "ONCE", "NO_CANCEL_PARKED": "WAITS", "NO_PARK_AT_END": "WAITS",
             "NO_DROP_QUEUED": "WAITS", "NO_LOOK_FOR_WAITING": "TAKEN", "NO_DEPART": "WRITER", "NO_REVOKE_AT_BORROWER": "WRITER",
             "NO_RETURN": "HOME", "NO_REVOKE": "HOME", "RELEASE_AT_REVOKE": "PLACE"},
    "inherit": {"NO_PASS_ON": "RIGHT", "NO_UPDATE_AT_ANSWER": "RIGHT", "NO_UPDATE_AT_PARK": "RIGHT", "NO_UPDATE_AT_LEAVE": "RIGHT",
                "NO_RAISE": "RIGHT", "NO_LOWER": "RIGHT", "NO_PROBE": "RING", "NO_RELEASE": "LIVE"},
}
# The functions whose names a model's steps have, and steps that have none: truth for the assertions, and the programs.
SOURCES = {"ring": "lib/ring/*.c", "call": "kernel/*/*.c", "inherit": "kernel/*/*.c"}
OWN_STEPS = {"ring": {"store", "load", "look"}, "call": {"look", "answered", "forget", "touch", "program_forget"},
             "inherit": {"look", "waits_for_whom"}}
DEPTH = 4_000_000       # steps of one run; about 250 MB
SECONDS = 600
# A process that serves others for ever has no end that could be reached.
ENDLESS = re.compile(r'unreached in proctype stores\n\t\S+ state \d+, "-end-"\n')


class ModelError(Exception):
    """Why a model could not be gone through, as one sentence, perhaps with output behind it."""


def call(folder, *words):
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise ModelError(f"{words[0]} failed:\n{tail(done.stdout + done.stderr)}")
    return done.stdout + done.stderr


STATE = re.compile(r"^\tstate +(\d+) -.*?\.pml:(\d+) =>", re.MULTILINE)
UNREACHED = re.compile(r"^\t\S+\.pml:(\d+), state (\d+), .*", re.MULTILINE)


def by_process(text, head):
    """(process, its part of the text): what follows each line with its head."""
    parts = re.split(rf"^{head}(\w+)$", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def never_taken(output):
    """Steps that were not taken in any of the places where an inline stands. What the states of a line are, pan -d tells."""
    found, table = output.split("\npan -d\n")
    states = {(process, state): line for process, part in by_process(table, "proctype ") for state, line in STATE.findall(part)}
    missed = {(process, match[2]): match for process, part in by_process(found, "unreached in (?:proctype )?")
              for match in UNREACHED.finditer(part)}
    taken = {line for at, line in states.items() if at not in missed}
    known = set(states.values())
    return [match[0] for match in missed.values() if match[1] not in taken and match[1] in known]


def search(model, word=None):
    """What the search says, and without a word what states there are. It ends at the first error."""
    with tempfile.TemporaryDirectory(prefix="nacre-model-") as folder:
        call(folder, "spin", "-a", *([f"-D{word}"] if word else []), os.path.join(TOP, f"test/model/{model}.pml"))
        call(folder, "gcc", "-w", "-O2", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c")
        found = call(folder, "./pan", f"-m{DEPTH}")
        return found if word else f"{found}\npan -d\n" + call(folder, "./pan", "-d")


def errors(output):
    if "max search depth too small" in output or "errors:" not in output:
        raise ModelError(f"the search did not come to its end:\n{tail(output)}")
    return int(re.search(r"errors: (\d+)", output).group(1))


def check_holds(model):
    output = search(model)
    if errors(output):
        return tail(output)
    unreached = never_taken(ENDLESS.sub("", output))
    return f"these steps are never taken, so nothing is said about them:\n{chr(10).join(unreached)}" if unreached else ""


def check_broken(model, word):
    with open(os.path.join(TOP, f"test/model/{model}.pml"), encoding="utf-8") as file:
        if f"#ifdef {word}\n" not in (text := file.read()) and f"#ifndef {word}\n" not in text:
            return f"test/model/{model}.pml does not know the word {word}."
    output = search(model, word)
    if not errors(output):
        return f"with {word} the model must be found wrong, and is not."
    wanted = BROKEN[model][word]
    return "" if re.search(f"assertion violated.*{TOLD_BY[model][wanted]}", output) else f"another error came than {wanted}:\n{tail(output)}"


def check_names(model):
    """The model's steps are called what they stand for."""
    with open(os.path.join(TOP, f"test/model/{model}.pml"), encoding="utf-8") as file:
        steps = set(re.findall(r"^inline (\w+)", file.read(), re.MULTILINE)) - OWN_STEPS[model]
    code = "".join(open(path, encoding="utf-8").read() for path in sorted(glob.glob(os.path.join(TOP, SOURCES[model]))))
    gone = sorted(step for step in steps if not re.search(rf"^\w.*\b{step}\([^;{{]*\)\n{{", code, re.MULTILINE))
    return f"no function of {SOURCES[model]} is called {', '.join(gone)}" if gone or not steps else ""


def job(name, sentence, check, *arguments):
    def run(_):
        try:
            wrong = check(*arguments)
        except (ModelError, subprocess.TimeoutExpired, OSError) as error:
            wrong = str(error)
        return [failed(name, wrong) if wrong else passed(name)]

    return Job([Check(name, sentence)], run)


def jobs(_width):
    for model, words in BROKEN.items():
        yield job(f"model.{model}.holds", f"test/model/{model}.pml: what its head lists holds in every order of steps",
                  check_holds, model)
        yield job(f"model.{model}.names", f"each step of test/model/{model}.pml has the name of a function", check_names, model)
        for word, wanted in words.items():
            yield job(f"model.{model}.{word.lower()}", f"with {word}, {wanted} is found not to hold", check_broken, model, word)
