"""verify.py - what can be checked of a page without running anything: that all it names is there.

    links         lead to a file or folder of the tree, and to a heading where they name one
    code spans    that look like a path of the tree name a file or folder there (`*` stands for anything)
                  that look like an identifier occur in the tree's sources, or in what the contract makes of abi/
    make targets  of blocks that are done by hand are in `make help`

Web addresses are not looked at: a check must not need a network.
"""

import glob
import os
import re
import tomllib

import page as pages
from page import TOP

ROOMS = "abi|base|board|boot|command|doc|driver|example|idl|kernel|lib|port|server|system|test|tool"
PATH = re.compile(rf"(?:{ROOMS})/[\w./*-]*|(?:README|MAP|CHANGES|CONTRIBUTING|SECURITY)\.md|Makefile|LICENSE")
# A word with an underscore in it, or a constant: enough to be meant as a name of the sources.
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[A-Z]{2,}[A-Z0-9]{2,}")
SOURCES = (".c", ".h", ".S", ".toml", ".py", ".mk", ".lds", ".dts", ".md")
# Stands for a name of the reader's choosing.
PLACEHOLDER = re.compile(r"NAME|NNN|rvNN|rvN\b")
# Pages that list another project's names.
FRONT = ("Makefile", "tool/make/campaign.mk")    # what a person can ask for
FOREIGN = {"doc/posix_testsuite.md"}
# Capitals of the world at large: not ours to have.
COMMON = {"ELF", "NULL", "SIGILL", "EOF", "ENOSYS", "ENOMEM", "OPTIONS", "HEAD", "DYN"}


def identifiers():
    """All words of the tree's sources, and the names that the contract's compiler puts together."""
    found = set()
    for folder, folders, files in os.walk(TOP):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("build", "doc")]
        for name in files:
            if name.endswith(SOURCES) and not (name.endswith(".md") and folder == TOP):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    found.update(re.findall(r"\w+", file.read()))
    with open(os.path.join(TOP, "abi/calls.toml"), "rb") as file:
        calls = {call["name"] for call in tomllib.load(file)["call"]}
    return found | calls | {f"{prefix}_{name}" for name in calls for prefix in ("nacre", "sys")}


def link_faults(page):
    for link in page.links:
        if re.match(r"[a-z]+:", link.text):
            continue
        target, _, anchor = link.text.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page.path), target)) if target else page.path
        if path == page.path:
            if anchor and anchor not in page.anchors:
                yield f"line {link.line}: {path} has no heading #{anchor}"
        elif path.startswith(".."):
            yield f"line {link.line}: {link.text} leaves the tree"
        elif not os.path.exists(os.path.join(TOP, path)):
            yield f"line {link.line}: there is no {path}"
        elif anchor and (not path.endswith(".md") or anchor not in pages.read(path).anchors):
            yield f"line {link.line}: {path} has no heading #{anchor}"


def path_faults(page):
    """Files that the page's own blocks write may be named, too."""
    written = {word for block in page.blocks for word in block.words}
    for span in page.spans:
        if span.text in written:
            continue
        if PATH.fullmatch(span.text) and not PLACEHOLDER.search(span.text):
            if not glob.glob(os.path.join(TOP, span.text)):
                yield f"line {span.line}: the tree has no {span.text}"


def identifier_faults(page, known):
    for span in page.spans if page.path not in FOREIGN else ():
        word = re.sub(r"\(.*\)$", "", span.text)
        if IDENTIFIER.fullmatch(word) and word not in known and word not in COMMON and not PLACEHOLDER.search(word):
            yield f"line {span.line}: no source has the name {word}"


def targets():
    """What `make help` lists."""
    found = set()
    for name in FRONT:
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            found.update(re.findall(r"^([a-z_.-]+):.*## ", file.read(), re.MULTILINE))
    return found


def by_hand_faults(page):
    known = targets()
    for block in page.blocks:
        if block.language != "sh" or "by-hand" not in block.words:
            continue
        for words in re.findall(r"\bmake((?: +[^\s#|<>&;]+)*)", block.text):
            for word in words.split() if " -f " not in words else []:
                if "=" not in word and not word.startswith(("-", "build/", "doc/")) and word not in known:
                    yield f"line {block.line}: make help lists no {word}"


def faults(page, known):
    """All that is wrong with a page of the book, as texts."""
    return [*link_faults(page), *path_faults(page), *identifier_faults(page, known), *by_hand_faults(page)]
