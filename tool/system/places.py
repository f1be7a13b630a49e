"""places.py - where in a TOML file a key or a text stands, for sentences about it: tomllib does not tell."""

import os
import re
import tomllib

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*[=.]""")


class Mistake(Exception):
    """What is wrong with a description: where, and one sentence."""

    def __init__(self, place, sentence):
        super().__init__(f"{place}: {sentence}")


def load(path):
    """The facts of a file, and its Places."""
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
        return tomllib.loads(text), Places(path, text)
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(shown(path), f"cannot be read: {getattr(error, 'strerror', 'it is not UTF-8')}.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise Mistake(f"{shown(path)}:{line[1]}" if line else shown(path), f"{error}.") from error


def shown(path):
    """A path as a person wants to read it: from the tree's top where it lies inside."""
    relative = os.path.relpath(path, ROOT)
    return path if relative.startswith("..") else relative


class Places:
    """Lines of the tables and keys of one file. A table is named as in the file: "service.log"; "" before the first."""

    def __init__(self, path, text):
        self.path = shown(path)
        self.lines = text.splitlines()
        self.starts = {}      # (table, key) or (table, None): line, from 0
        self.ends = {}        # the same: the line behind its last
        self.scan()

    def scan(self):
        table, open_key = "", None
        for number, line in enumerate(self.lines):
            header, key = TABLE.match(line), KEY.match(line)
            if not header and not key:
                continue
            if open_key:
                self.ends[open_key] = number
            table = header[1].replace('"', "") if header else table
            open_key = (table, None if header else key[1].strip("\"'"))
            self.starts.setdefault(open_key, number)
        if open_key:
            self.ends[open_key] = len(self.lines)

    def at(self, table="", key=None, text=None):
        """"file:line" of a text in a key's value, of the key, of its table, or of the file, as far as it is known."""
        wanted = (table, key) if (table, key) in self.starts else (table, None)
        if wanted not in self.starts:
            return self.path
        start = self.starts[wanted]
        for number in range(start, self.ends.get(wanted, start + 1)):
            if text is not None and (f'"{text}"' in self.lines[number] or f"'{text}'" in self.lines[number]):
                return f"{self.path}:{number + 1}"
        return f"{self.path}:{start + 1}"
