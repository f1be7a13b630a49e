"""page.py - reads a page of Markdown: its headings, fenced blocks, links and code spans.

The part of Markdown that the tree's pages use, and no more: headings with #, fences of three backquotes, inline links.
A fenced block's first word is its language; further words say what the checks do with it (doc/writing.md).
"""

import os
import re
from dataclasses import dataclass

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
FENCE = re.compile(r"^```(.*)$")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: its line, the anchor and text of the heading above, its language, the words behind that, its text."""
    line: int
    anchor: str
    heading: str
    language: str
    words: tuple
    text: str


@dataclass(frozen=True)
class Found:
    """A link's target or a code span's content, and its line."""
    line: int
    text: str


@dataclass
class Page:
    """path: from the tree's top. headings: (anchor, text) in order. title: the first one's text."""
    path: str
    headings: list
    blocks: list
    links: list
    spans: list

    @property
    def title(self):
        return self.headings[0][1] if self.headings else self.path

    @property
    def anchors(self):
        return [anchor for anchor, _ in self.headings]

    def heading_add(self, text):
        """Anchors are those that forges and our own book make; a repeated one gets a number."""
        text = plain(text)
        base = anchor = slug(text)
        count = 0
        while anchor in self.anchors:
            count += 1
            anchor = f"{base}-{count}"
        self.headings.append((anchor, text))


def plain(text):
    """A heading without its marks."""
    return LINK.sub(r"\1", text).replace("`", "").replace("*", "")


def slug(heading):
    """The anchor of a heading's text: lower case, blanks become hyphens, all else but letters, digits, _ and - goes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def parse(path, text):
    page = Page(path, [], [], [], [])
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if block is not None:
            if fence:
                page.blocks.append(Block(*block[0], "".join(block[1])))
                block = None
            else:
                block[1].append(line + "\n")
        elif fence:
            words = fence.group(1).split() or [""]
            anchor, heading = page.headings[-1] if page.headings else ("", "")
            block = ((number, anchor, heading, words[0], tuple(words[1:])), [])
        elif HEADING.match(line):
            page.heading_add(HEADING.match(line).group(1))
        else:
            bare = SPAN.sub(lambda match: " " * len(match.group()), line)
            page.links += [Found(number, match.group(2)) for match in LINK.finditer(bare)]
            # A link's text may be a code span, which is blanked in `bare`; its target never is.
            page.spans += [Found(number, match.group(1)) for match in SPAN.finditer(line)]
    if block is not None:
        raise ValueError(f"{path}:{block[0][0]}: the fenced block that begins here does not end.")
    return page


def read(path, top=TOP):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return parse(path, file.read())


def pages(top=TOP):
    """Paths of all pages of the tree, from its top, in the order of their names; not what is built or copied in."""
    found = []
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in ("build", "__pycache__") and not name.startswith("."))
        found += [os.path.relpath(os.path.join(folder, name), top) for name in files if name.endswith(".md")]
    return sorted(found)


def book(top=TOP):
    """The pages of the book and those at the tree's top: what the checks hold to every rule."""
    return [path for path in pages(top) if "/" not in path or path.startswith("doc/")]
