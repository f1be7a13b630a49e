"""Two versions of one protocol (test/idl/v1, v2) on the machine: each server with each client. A client of version 1.0 works
whole with either server; one of 1.1 works with the old server for what that has, and what it asks too much is refused.

The programs are test/target/versions_*; a client prints "good NAME" or "bad NAME" for each thing it tries.
"""

import re

from check import WIDTHS, Check, Job, failed, passed, tail
from part_scenario import Scenario, goals, run

BOTH = {
    "add": "words go there and come back",
    "tick": "a method that may be sent is called",
    "refusal": "a refusal is the server's own",
    "set": "struct, string and flags go there in one message",
}
OLD_CLIENT = {
    "connect": "it connects with the version it was built for",
    "get": "a struct and a string come back",
    "get_size": "no more of the struct comes than it knows",
}
OLD_SERVER = {
    "connect_refused": "asking for the version it was built for fails at once, with METHOD",
    "connect_older": "asking for the older version works",
    "get": "a struct and a string come back",
    "get_zeroes": "fields that the server does not have are zero",
    "new_field": "a field that the server does not have is NEWER",
    "new_field_last": "so is the last byte of the last one",
    "new_value": "an enum's value that it does not have is NEWER",
    "new_flag": "a flag that it does not have is NEWER",
    "new_method": "a method that it does not have is METHOD",
    "sentence": "the error says in a sentence that the server is older",
    "lives": "nothing of that was done, and the server goes on",
}
NEW = {
    "connect": "it connects with the version it was built for",
    "get_fields": "new fields come back",
    "set_fields": "new fields, values and flags go there",
    "watch": "a new method is called, and answers a new error",
    "event": "an event arrives",
}
# (name, client, server, what is typed behind the client's name) -> what the client tries
PAIRS = {
    ("old_client_old_server", 1, 1, ""): BOTH | OLD_CLIENT,
    ("old_client_new_server", 1, 2, ""): BOTH | OLD_CLIENT,
    ("new_client_old_server", 2, 1, " old"): BOTH | OLD_SERVER,
    ("new_client_new_server", 2, 2, ""): BOTH | NEW,
}


def results(prefix, suffix, checks, wrong, output):
    """A result a check; what went wrong with the run as a whole is told once."""
    told = dict((name, verdict) for verdict, name in re.findall(r"^(good|bad) (\w+)\r?$", output, re.MULTILINE))
    shown = f"{tail(output)}\n{wrong}"
    for name in checks:
        full = f"{prefix}.{name}.{suffix}"
        if told.get(name) == "good" and not wrong:
            yield passed(full)
            continue
        yield failed(full, shown + ("" if name in told else f"\nthe client did not say how {name} went"))
        shown = ""


def job(pair, checks, width):
    name, client, server, argument = pair
    folder = "{build}/program/test-versions_"
    scenario = Scenario(name=f"versions_{name}", system="versions", input=f"counter-client{argument}\nps\npoweroff\n",
                        files={"bin/counter": f"{folder}server_{server}", "bin/counter-client": f"{folder}client_{client}"},
                        refuse=[r"crash of counter"])
    prefix, suffix = f"versions.{name}", f"rv{width}"

    def run_pair(_names):
        wrong, output = run(scenario, width)
        return list(results(prefix, suffix, checks, wrong, output))

    title = name.replace("_", " ")
    return Job([Check(f"{prefix}.{each}.{suffix}", f"{title}: {sentence}") for each, sentence in checks.items()], run_pair,
               goals=goals(scenario, width))


def jobs(width):
    return [job(pair, checks, one) for one in WIDTHS if width in (None, one) for pair, checks in PAIRS.items()]
