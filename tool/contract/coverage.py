"""The report of errors: which test provokes which error of which call, and what nobody provokes.

Tests declare it in C, where the report reads it without running anything:
    TEST(name, "sentence") { ... EXPECT_ERROR(budget_resize, BUDGET, nacre_budget_resize(budget, 1u << 30)); ... }
    TEST(name, "sentence") { EXPECT_HANDLE_ERRORS(call_table); }
The second provokes what every handle argument implies (handle_errors.h). An error that an entry of the call states
has its own cause, and needs a test of its own. An error that no call can answer belongs to the call `no_call`.
"""
import re
import sys
from collections import defaultdict
from dataclasses import dataclass

from model import ContractError

NO_CALL = "no_call"
HANDLE_TABLE = "call_table"
TOKEN = re.compile(r"""
    (?P<skip> //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:[^\n\\]|\\.)* | '(?:[^'\\]|\\.)+')
  | (?P<string> "(?:[^"\\]|\\.)*")
  | (?P<word> [A-Za-z_0-9]+)
  | (?P<mark> [^\sA-Za-z_0-9])
""", re.VERBOSE | re.DOTALL | re.MULTILINE)
MACROS = ("EXPECT_ERROR", "EXPECT_HANDLE_ERRORS")


@dataclass(frozen=True)
class Need:
    """One thing that a test must provoke."""
    call: str
    error: str
    cause: str
    implied: bool


@dataclass(frozen=True)
class Claim:
    """What a test says it provokes: macro and its leading words, at a line of a file, inside a test."""
    macro: str
    words: tuple
    place: str
    test: str


# --- reading the sources ---------------------------------------------------------------------------------------

def tokens(text):
    """(token, line) of a C source without comments, directives and character constants."""
    line, position = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        if match.lastgroup != "skip":
            yield match.group(), line


def claims(path):
    """What the tests of one source file say they provoke."""
    stream = list(tokens(path.read_text()))
    words = [word for word, _ in stream]
    test, depth, found = "", 0, []
    for index, (word, line) in enumerate(stream):
        if word == "TEST" and depth == 0 and words[index + 1:index + 2] == ["("]:
            test = words[index + 2]
        elif word in ("{", "}"):
            depth += 1 if word == "{" else -1
        elif word in MACROS and words[index + 1:index + 2] == ["("]:
            listed = leading_words(words[index + 2:index + 6])
            found.append(Claim(word, listed, f"{path}:{line}", test if depth else ""))
        if word == "}" and depth == 0:
            test = ""
    return found


def leading_words(following):
    """The first one or two arguments of a macro, when they are plain words."""
    first, mark, second, end = (following + [""] * 4)[:4]
    if mark == "," and end == ",":
        return (first, second)
    return (first,) if mark == ")" else ()


# --- what must be provoked, and what is ------------------------------------------------------------------------

def needs(contract):
    listed = [Need(call.name, failure.name, failure.cause, failure.implied)
              for call in contract.calls for failure in unique_failures(call)]
    answered = {need.error for need in listed} | {"OK"}
    return listed + [Need(NO_CALL, error.name, error.sentence, False)
                     for error in contract.errors if error.name not in answered]


def unique_failures(call):
    """A call's failures, of those implied by several handles only the first."""
    first = {}
    for failure in call.failures():
        first.setdefault((failure.name, failure.implied), failure)
    return first.values()


def check_claim(claim, known):
    """A claim that cannot be right would count for nothing, so it is refused."""
    if not claim.test:
        raise ContractError(claim.place, claim.macro, "stands outside of a TEST", "the report names the test it is in")
    if claim.macro == "EXPECT_HANDLE_ERRORS":
        if claim.words != (HANDLE_TABLE,):
            raise ContractError(claim.place, claim.macro, f"must be {claim.macro}({HANDLE_TABLE})")
    elif len(claim.words) != 2:
        raise ContractError(claim.place, claim.macro, "must be EXPECT_ERROR(call_name, ERROR_NAME, expression)")
    elif claim.words not in known:
        call, error = claim.words
        raise ContractError(claim.place, claim.macro, f'the contract does not say that "{call}" can answer "{error}"',
                            "a name is misspelt (without nacre_, sys_, E_), or the call's entry lacks the error")


def provoked(found):
    """Claims -> who provokes (call, error), and who walks the table of handles."""
    direct, table = defaultdict(dict), {}
    for claim in found:
        test = f"{claim.place.rpartition(':')[0]}:{claim.test}"
        where = table if claim.macro == "EXPECT_HANDLE_ERRORS" else direct[claim.words]
        where[test] = True
    return direct, list(table)


def report(contract, sources):
    """Prints a line for each error and test; True if an error has none."""
    found = [claim for path in sources for claim in claims(path)]
    wanted = needs(contract)
    known = {(need.call, need.error) for need in wanted}
    for claim in found:
        check_claim(claim, known)
    direct, table = provoked(found)
    missing = []
    for need in wanted:
        tests = list(direct[need.call, need.error]) + (table if need.implied else [])
        for test in tests:
            print(need.call, need.error, test)
        missing += [] if tests else [need]
    for need in missing:
        print(f"missing: {need.call} {need.error}: {need.cause}", file=sys.stderr)
    print(f"contract: {len(wanted) - len(missing)} of {len(wanted)} errors are provoked by a test", file=sys.stderr)
    return bool(missing)
