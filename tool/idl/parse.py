"""parse.py - a .nid file -> model.Protocol, with every rule of doc/interfaces.md checked.

    protocol = parse.load("idl/log.nid")
    protocol = parse.parse(text, "idl/log.nid")

What is wrong is raised as model.InterfaceError; printed, it shows place, line, caret and hint, for all faults at once
where they do not hide one another. idl/interface.nid, which all protocols share, comes along as protocol.common.
"""

import functools
import os
from pathlib import Path

from build import COMMON, Builder
from model import InterfaceError, Place
from names import near
from syntax import Source, decode, tree_of

COMMON_FILE = Path(__file__).resolve().parents[2] / "idl" / f"{COMMON}.nid"


@functools.cache
def common():
    """The protocol that all others contain."""
    return parse(read(COMMON_FILE), os.path.relpath(COMMON_FILE), None)


def read(path):
    try:
        with open(path, "rb") as file:
            return decode(file.read(), os.fspath(path))
    except OSError as error:
        raise InterfaceError(Place(os.fspath(path), 1, 1),
                             f"the file cannot be read: {error.strerror.lower()}") from None


def parse(text, file, shared=...):
    """The protocol that a file's text describes."""
    source = Source(text, os.fspath(file))
    tree = tree_of(source)
    name = next(child for child in tree.children if getattr(child, "type", "") == "NAME")
    if shared is ...:
        shared = None if name == COMMON else common()
    if Path(file).stem != name:
        raise InterfaceError(source.at(name), f"the protocol is called `{name}` and its file `{Path(file).name}`",
                             f"rename one of them: a protocol `{name}` stands in {name}.nid")
    return Builder(source, tree, shared).build()


def load(path):
    return parse(read(path), path)


def load_all(paths):
    """The protocols of several files: none shares a number with another, and every protocol that a connection is `of` exists."""
    protocols, numbers = [load(path) for path in dict.fromkeys(paths)], {}
    for protocol in protocols:
        other = numbers.setdefault(protocol.number, protocol)
        if other is not protocol:
            raise InterfaceError(protocol.place,
                                 f"`{protocol.name}` has the number of `{other.name}`, {protocol.number:#x}",
                                 "give one of them another number")
        spoken_check(protocol, neighbours(paths))
    return protocols


def neighbours(paths):
    """Names of the protocols that there are: those given, those beside them, and those of this tree."""
    folders = {Path(path).parent for path in paths} | {COMMON_FILE.parent}
    return {Path(path).stem for path in paths} | {file.stem for folder in folders for file in folder.glob("*.nid")}


def spoken_check(protocol, known):
    for message in [*protocol.methods, *protocol.events]:
        for parameter in [*message.inputs, *getattr(message, "outputs", [])]:
            spoken = getattr(parameter.type, "protocol", "")
            if spoken and spoken not in known:
                raise InterfaceError(parameter.place, f"there is no protocol `{spoken}`", near(spoken, known))
