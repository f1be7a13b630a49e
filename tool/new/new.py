#!/usr/bin/python3
"""new.py - writes what a new server consists of, from the templates beside this file.

    new.py SERVER [--tree DIR]

All of it is written or nothing. A name that exists, or is none, is refused with one sentence. README.md lists the files.
"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../.."))
NAME = re.compile(r"[a-z][a-z0-9]*")
NAME_BYTES = 10         # "test-" and a name fit into the 15 bytes of a program's name
INDEX = "doc/README.md"
# File of the tree, template.
FILES = {
    "idl/{}.nid": "protocol.nid.in",
    "server/{}/main.c": "main.c.in",
    "server/{}/manifest.toml": "manifest.toml.in",
    "server/{}/README.md": "README.md.in",
    "system/{}.toml": "system.toml.in",
    "test/target/server_{}.c": "test.c.in",
    "test/scenario/server_{}.toml": "scenario.toml.in",
    "doc/server/{}.md": "page.md.in",
}
# Where a program, a protocol or a test of that name would already be; `wait` and its like are the shell's own.
TAKEN = ["server/{}", "driver/{}", "command/{}", "command/{}.c", "test/target/{}.c", "test/target/{}"]


class Mistake(Exception):
    """Why there is no new server, as one sentence."""


def check_name(name, tree):
    if not NAME.fullmatch(name):
        raise Mistake(f'a server\'s name is a lower-case letter with letters and digits behind it, not "{name}".')
    if len(name) > NAME_BYTES:
        raise Mistake(f'a server\'s name has at most {NAME_BYTES} letters, and "{name}" has {len(name)}.')
    for path in [*TAKEN, *FILES]:
        path = path.format(name)
        if os.path.exists(os.path.join(tree, path)):
            raise Mistake(f"{path} is there already: choose another name.")
    with open(os.path.join(tree, "command/shell/builtin.c"), encoding="utf-8") as file:
        if f'{{ "{name}",' in file.read():
            raise Mistake(f"{name} is a command of the shell already: choose another name.")


def numbers_taken(tree):
    found = set()
    for path in glob.glob(os.path.join(tree, "idl/*.nid")):
        with open(path, encoding="utf-8") as file:
            found |= {int(number, 0) for number in re.findall(r"^protocol +\w+ *= *(\w+)", file.read(), re.MULTILINE)}
    return found


def number_of(name, tree):
    """The first four letters, filled up with blanks; the next number that is free."""
    number = int.from_bytes(name.encode()[:4].ljust(4), "big")
    taken = numbers_taken(tree)
    while number in taken:
        number += 1
    return f"0x{number:08x}"


def made(name, tree):
    """{path: text} of all new files."""
    words = {"@name@": name, "@NAME@": name.upper(), "@NUMBER@": number_of(name, tree)}

    def fill(template):
        with open(os.path.join(HERE, template), encoding="utf-8") as file:
            return re.sub("@name@|@NAME@|@NUMBER@", lambda match: words[match.group()], file.read())

    return {path.format(name): fill(template) for path, template in FILES.items()}


def check_protocol(name, text, tree):
    """The interface compiler knows which words other languages keep to themselves."""
    with tempfile.TemporaryDirectory(prefix="nacre-new-") as folder:
        path = os.path.join(folder, f"{name}.nid")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([sys.executable, os.path.join(tree, "tool/idl/idl.py"), path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode:
            raise Mistake(f'no server can be called "{name}": {done.stderr.strip().replace(folder + os.sep, "idl/")}')


def index_with(name, text):
    """The book's index with one line more, at the end of the list of servers."""
    head, heading, rest = text.partition("## The servers\n")
    entries = re.match(r"\s*(?:- .*\n)+", rest)
    if not heading or not entries:
        raise Mistake(f"{INDEX} has no list under \"The servers\", where the new page would go.")
    return f"{head}{heading}{entries.group()}- [{name}](server/{name}.md)\n{rest[entries.end():]}"


def write_all(files, tree):
    """All files, or none: what was made is taken away again when one cannot be written."""
    done = []
    try:
        for path, text in files.items():
            whole = os.path.join(tree, path)
            if not os.path.isdir(os.path.dirname(whole)):
                os.mkdir(os.path.dirname(whole))
                done.append(os.path.dirname(whole))
            with open(whole, "x", encoding="utf-8") as file:
                done.append(whole)
                file.write(text)
    except OSError as error:
        for path in reversed(done):
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)
        raise Mistake(f"cannot write {error.filename}: {error.strerror}; nothing was changed.") from error


def create(name, tree):
    check_name(name, tree)
    files = made(name, tree)
    check_protocol(name, files[f"idl/{name}.nid"], tree)
    index_path = os.path.join(tree, INDEX)
    with open(index_path, encoding="utf-8") as file:
        index = index_with(name, file.read())
    write_all(files, tree)
    with open(index_path, "w", encoding="utf-8") as file:
        file.write(index)
    return [*files, INDEX]


def main():
    parser = argparse.ArgumentParser(description="Writes what a new server consists of.")
    parser.add_argument("server", metavar="SERVER")
    parser.add_argument("--tree", default=TOP, metavar="DIR", help="another tree than the one this lies in")
    args = parser.parse_args()
    try:
        written = create(args.server, args.tree)
    except Mistake as mistake:
        sys.exit(f"new: {mistake}")
    for path in written:
        print(f"  NEW      {path}")
    print(f"make test ONLY=server_{args.server} tests it, make run SYSTEM={args.server} boots with it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
