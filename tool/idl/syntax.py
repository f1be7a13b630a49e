"""syntax.py - text of a .nid file -> tree, by the grammar in grammar.lark; lark's complaints in words for people."""

import difflib
import functools
import unicodedata
from pathlib import Path

try:
    import lark
except ModuleNotFoundError:
    raise SystemExit("idl: the parser needs the Python module lark: install Debian's python3-lark, or let `make setup` do it") from None

from model import InterfaceError, Place

GRAMMAR = Path(__file__).with_name("grammar.lark")
ITEMS = ["const", "enum", "flags", "struct", "error", "method", "event", "signal", "reserved"]
NAMED = {"NAME": "a name", "NUMBER": "a number", "VERSION": "a version such as 1.0", "$END": "the end of the file",
         "TEXT": 'a sentence in "double quotes"'}
# Written in front of items; whoever forgot an item's first word need not hear of them.
MODIFIERS = ["idempotent", "oneway", "forwarded"]
TYPES = ["string", "strings", "bytes", "lend", "lend_mut", "move", "handle"]


@functools.cache
def parser():
    return lark.Lark(GRAMMAR.read_text(encoding="utf-8"), parser="lalr", propagate_positions=True,
                     maybe_placeholders=False)


@functools.cache
def spelling():
    """Terminal -> what a person calls it."""
    return NAMED | {terminal.name: terminal.pattern.value for terminal in parser().terminals
                    if terminal.name not in NAMED and isinstance(terminal.pattern, lark.lexer.PatternStr)}


class Source:
    """A file's text, which makes places of positions."""

    def __init__(self, text, file):
        self.text, self.file = text, file
        self.lines = text.split("\n")

    def place(self, line, column, width=1):
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Place(self.file, line, column, max(1, min(width, len(text) - column + 1)), text.rstrip("\r"))

    def at(self, token):
        return self.place(token.line, token.column, len(token))

    def end(self):
        """Behind the last character that is no blank."""
        lines = self.text.rstrip().split("\n")
        return self.place(len(lines), len(lines[-1]) + 1)


def decode(data, file):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InterfaceError(Place(file, line, column), "this byte is not UTF-8", "save the file as UTF-8") from None


def check_characters(source):
    """Characters that do not show would let a file mean something else than what its reader sees."""
    for number, line in enumerate(source.lines, 1):
        for column, character in enumerate(line.removesuffix("\r"), 1):
            if character != "\t" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
                raise InterfaceError(source.place(number, column),
                                     f"U+{ord(character):04X} does not show, and may not stand here",
                                     "remove the character")


# --- complaints --------------------------------------------------------------------------------------------------

def expected_words(names):
    """What could have come, the same thing named once."""
    words = {spelling().get(name, name.lower()) for name in names} - {spelling()["DOC"] if "DOC" in spelling() else ""}
    found = []
    if set(ITEMS) <= words:
        words -= {*ITEMS, *MODIFIERS}
        found.append("an item (" + ", ".join(ITEMS) + ")")
    if set(TYPES) <= words:
        words -= {*TYPES, NAMED["NAME"]}
        found.append("a type")
    words -= {"doc"}
    found += [word if word in NAMED.values() else f"`{word}`" for word in sorted(words)]
    return found


def listed(words, last="or"):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {last} " + words[-1]


def shown(token):
    return "the end of the file" if token.type == "$END" else f"`{token}`" if len(token) <= 40 else f"`{token[:37]}...`"


def hint_for(token, words):
    """A hint beyond what was expected."""
    bare = [word.strip("`") for word in words]
    keywords = [*ITEMS, *MODIFIERS] if any(word.startswith("an item") for word in words) else [each for each in bare if each.isalpha()]
    close = difflib.get_close_matches(str(token), keywords, 1, 0.7) if token.type == "NAME" else []
    if close:
        return f"did you mean `{close[0]}`?"
    if token.type == "DOC":
        return "a doc comment stands before what it describes; a remark begins with //"
    if token.type == "TEXT" or str(token) == "since" or str(token) == "errors":
        return "the order is: parameters, -> answer, errors, since"
    if str(token) == "enum" or str(token) in ITEMS:
        return "does the item before it lack its `;` or `}`?"
    return ""


def unexpected_token(source, error):
    token = error.token
    words = expected_words(error.accepts or error.expected)
    before = next(iter(error.token_history or []), None)
    place = source.end() if token.type == "$END" else source.at(token)
    # What is missing at a line's end is missing there, and not where the next line begins.
    if before is not None and before.type != "$END" and token.type != "$END" and token.line > before.end_line and "`;`" in words:
        place = source.place(before.end_line, before.end_column)
    return InterfaceError(place, f"expected {listed(words)}, and not {shown(token)}", hint_for(token, words))


def unexpected_character(source, error):
    character = source.text[error.pos_in_stream]
    place = source.place(error.line, error.column)
    if character == '"':
        return InterfaceError(place, "this text does not end on its line", 'a text stands between two " on one line')
    parser_there = getattr(error, "interactive_parser", None)
    words = expected_words(parser_there.accepts() if parser_there else error.allowed or [])
    hint = {"#": "a remark begins with //", "/": "a remark begins with //, and there are no /* */",
            "'": 'a text stands between two "', "-": "numbers are not negative"}.get(character, "")
    expected = f"; expected {listed(words)}" if words else ""
    return InterfaceError(place, f"`{character}` means nothing here{expected}", hint)


def tree_of(source):
    check_characters(source)
    try:
        return parser().parse(source.text)
    except lark.exceptions.UnexpectedToken as error:
        raise unexpected_token(source, error) from None
    except lark.exceptions.UnexpectedCharacters as error:
        raise unexpected_character(source, error) from None
