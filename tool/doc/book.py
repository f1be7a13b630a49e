#!/usr/bin/python3
"""book.py - makes HTML of the tree's pages, and says whether what it made holds together.

    book.py --reference build/gen/reference --interfaces build/gen/interface --out build/doc      the book
    book.py --check build/doc                                    do all links inside it lead somewhere?

Every page of the tree becomes one of the book at the same place, README.md as index.html, so that links between pages
go on to work. The reference of system calls, which tool/contract/contract.py writes, comes in as doc/reference/, that of
protocols, which tool/idl/idl.py writes, as doc/interface/. A file
of the sources that a page links to is shown as text. Where a page writes the name of a system call as code, the name
becomes a link to its reference. The same tree gives the same bytes. Needs Debian's python3-markdown.
"""

import argparse
import html
import html.parser
import os
import re
import shutil
import sys

import markdown

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import page as pages  # noqa: E402

REFERENCE = "doc/reference"
INTERFACES = "doc/interface"
CONTENTS = "doc/README.md"
TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="{root}style.css"></head><body>
<nav><a href="{root}index.html">Nacre</a> <a href="{root}doc/index.html">Contents</a>
<a href="{root}doc/reference/index.html">System calls</a> <a href="{root}doc/interface/index.html">Protocols</a>{around}</nav>
<main>
{body}
</main></body></html>
"""
STYLE = """body { font: 16px/1.5 sans-serif; color: #222; background: #fff; max-width: 52rem; margin: 0 auto; padding: 0 1rem 4rem }
nav { border-bottom: 1px solid #ccc; padding: .7rem 0 } nav a { margin-right: 1.2rem } nav .around { float: right }
h1, h2, h3 { line-height: 1.2; margin-top: 1.6em } a { color: #0b5c8a; text-decoration: none } a:hover { text-decoration: underline }
pre { background: #f4f4f2; padding: .7rem; overflow-x: auto; font-size: 13px; line-height: 1.35 } code { font-size: 90% }
pre.nacre { background: #1d2126; color: #d8dee4 } pre code { font-size: inherit }
table { border-collapse: collapse; display: block; overflow-x: auto } td, th { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top }
img { max-width: 100% }
"""


def html_path(path):
    """Where a page or source file stands in the book."""
    if not path.endswith(".md"):
        return path + ".html"
    folder, name = os.path.split(path)
    return os.path.join(folder, "index.html" if name == "README.md" else name[:-3] + ".html")


class Book:
    def __init__(self, reference, interfaces):
        self.sources = {path: os.path.join(pages.TOP, path) for path in pages.pages()}
        for place, folder in ((REFERENCE, reference), (INTERFACES, interfaces)):
            for name in sorted(os.listdir(folder)) if folder else []:
                self.sources[f"{place}/{name}"] = os.path.join(folder, name)
        self.calls = self.find_calls()
        self.order = self.find_order()
        self.shown = set()   # source files that pages link to

    def find_calls(self):
        """{name of a call, with and without nacre_: its place in the reference}."""
        found = {}
        for path in self.sources:
            if path.startswith(REFERENCE) and not path.endswith("README.md"):
                for anchor, heading in self.page(path).headings:
                    if heading.startswith("nacre_"):
                        found[heading] = found[heading.removeprefix("nacre_")] = f"{path}#{anchor}"
        return found

    def find_order(self):
        """Pages in the order of the contents, for `next` and `previous`."""
        links = [os.path.normpath(os.path.join("doc", link.text)) for link in self.page(CONTENTS).links]
        return [CONTENTS, *dict.fromkeys(link for link in links if link in self.sources and link != CONTENTS)]

    def page(self, path):
        with open(self.sources[path], encoding="utf-8") as file:
            return pages.parse(path, file.read())

    # --- one page --------------------------------------------------------------------------------------------

    def target(self, path, link):
        """Where a link on the page leads, inside the book."""
        if re.match(r"[a-z]+:|#", link):
            return link
        place, _, anchor = link.partition("#")
        wanted = os.path.normpath(os.path.join(os.path.dirname(path), place))
        file = os.path.join(pages.TOP, wanted)
        if wanted in self.sources or f"{wanted}/README.md" in self.sources:
            wanted = html_path(wanted if wanted in self.sources else f"{wanted}/README.md")
        elif os.path.isdir(file):
            return html.escape(link)
        elif not wanted.endswith((".svg", ".png")):
            self.shown.add(wanted)
            wanted = html_path(wanted)
        return os.path.relpath(wanted, os.path.dirname(path) or ".") + (f"#{anchor}" if anchor else "")

    def call_link(self, path, name):
        if name not in self.calls or path.startswith(REFERENCE):
            return f"<code>{name}</code>"
        return f'<a href="{self.target(path, os.path.relpath(self.calls[name], os.path.dirname(path) or "."))}"><code>{name}</code></a>'

    def body(self, path):
        with open(self.sources[path], encoding="utf-8") as file:
            text = file.read()
        blocks = []

        def take_out(match):
            """A fenced block goes in again as it is, when all else is done: what is in it is no Markdown."""
            language = (match.group(1).split() or [""])[0]
            kind = f' class="{html.escape(language)}"' if language else ""
            blocks.append(f"<pre{kind}><code>{html.escape(match.group(2))}</code></pre>")
            return f"\n\nBLOCK{len(blocks) - 1}KCOLB\n\n"

        text = re.sub(r"^```(.*)\n((?:(?!```).*\n)*)```$", take_out, text, flags=re.MULTILINE)
        made = markdown.markdown(text, extensions=["tables", "sane_lists", "toc"],
                                 extension_configs={"toc": {"slugify": lambda value, _: pages.slug(html.unescape(value))}})
        made = re.sub(r'(href|src)="([^"]*)"', lambda match: f'{match.group(1)}="{self.target(path, match.group(2))}"', made)
        made = re.sub(r"(?<!\">)<code>(\w+)</code>", lambda match: self.call_link(path, match.group(1)), made)
        return re.sub(r"<p>BLOCK(\d+)KCOLB</p>", lambda match: blocks[int(match.group(1))], made)

    def around(self, path):
        """Links to the pages before and behind."""
        if path not in self.order:
            return ""
        at = self.order.index(path)
        words = []
        for word, place in (("previous", at - 1), ("next", at + 1)):
            if 0 <= place < len(self.order):
                link = os.path.relpath(html_path(self.order[place]), os.path.dirname(path) or ".")
                words.append(f'<a href="{link}">{word}</a>')
        return f'<span class="around">{" ".join(words)}</span>'

    # --- all of them -----------------------------------------------------------------------------------------

    def write(self, out):
        shutil.rmtree(out, ignore_errors=True)
        for path in self.sources:
            put(out, html_path(path), self.page(path).title, self.body(path), self.around(path))
        for path in sorted(self.shown):
            with open(os.path.join(pages.TOP, path), encoding="utf-8", errors="replace") as file:
                put(out, html_path(path), path, f"<h1>{path}</h1>\n<pre><code>{html.escape(file.read())}</code></pre>", "")
        for folder, _, files in os.walk(os.path.join(pages.TOP, "doc")):
            for name in files:
                if name.endswith((".svg", ".png")):
                    place = os.path.join(out, os.path.relpath(folder, pages.TOP))
                    os.makedirs(place, exist_ok=True)
                    shutil.copy(os.path.join(folder, name), place)
        with open(os.path.join(out, "style.css"), "w", encoding="utf-8") as file:
            file.write(STYLE)


def put(out, path, title, body, around):
    file = os.path.join(out, path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    root = "../" * path.count("/")
    with open(file, "w", encoding="utf-8") as to:
        to.write(TEMPLATE.format(title=html.escape(title), root=root, around=around, body=body))


# --- checking what was made --------------------------------------------------------------------------------------

class Places(html.parser.HTMLParser):
    """Anchors and links of one file."""

    def __init__(self):
        super().__init__()
        self.anchors, self.links = set(), []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]


def places(path):
    parser = Places()
    with open(path, encoding="utf-8") as file:
        parser.feed(file.read())
    return parser


def faults(out):
    found = {os.path.join(folder, name): None for folder, _, names in os.walk(out) for name in names if name.endswith(".html")}
    found = {path: places(path) for path in sorted(found)}
    for path, here in found.items():
        for link in here.links:
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if os.path.isdir(file) or not os.path.exists(file):
                yield f"{path}: {link} leads nowhere"
            elif anchor and file in found and anchor not in found[file].anchors:
                yield f"{path}: {link} leads to no place on its page"


def main():
    parser = argparse.ArgumentParser(description="Makes the book.")
    parser.add_argument("--reference", help="folder with the reference pages of the contract")
    parser.add_argument("--interfaces", help="folder with the reference pages of the protocols")
    parser.add_argument("--out", help="folder to write; what was in it goes")
    parser.add_argument("--check", metavar="FOLDER", help="a book: says which links lead nowhere")
    args = parser.parse_args()
    if args.out:
        Book(args.reference, args.interfaces).write(args.out)
    wrong = list(faults(args.check)) if args.check else []
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
