#!/usr/bin/python3
"""sources.py - lets apt fetch Debian's source packages: an entry `deb-src` beside the machine's own entries.

    sources.py needed FILE       status 0: apt has no such entry and FILE is not there; 1: nothing to do
    sources.py text              prints the entry, made of those entries that the Debian packages come from

Which entries those are apt knows itself (`apt-get indextargets`), so mirrors, suites and keys stay as this machine has
them, and entries of others stay out. Both ways of writing entries are read: lines (*.list) and stanzas (*.sources).
Changes nothing: tool/setup/setup writes the file, since that needs rights.
"""

import os
import re
import subprocess
import sys

# The address of a local mirror may need a name and password, which stand elsewhere (apt_auth.conf); nothing to do here.
TARGETS = ["apt-get", "indextargets", "--format", "$(SOURCESENTRY)"]


def targets(created_by):
    """(file, number) of each of Debian's own entries that apt makes such an index of, in order and each once."""
    done = subprocess.run([*TARGETS, f"Created-By: {created_by}", "Origin: Debian", "Component: main"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = []
    for line in done.stdout.split():
        path, _, number = line.rpartition(":")
        if (path, int(number)) not in found:
            found.append((path, int(number)))
    return found


def stanzas(text):
    """The stanzas of a *.sources file, without comments."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [part for part in re.split(r"\n\s*\n", "\n".join(lines)) if part.strip()]


def stanza_source(stanza):
    """The same for sources; only the component whose packages are wanted."""
    stanza = re.sub(r"(?mi)^Types:.*$", "Types: deb-src", stanza.strip())
    stanza = re.sub(r"(?mi)^Architectures:.*\n?", "", stanza)
    return re.sub(r"(?mi)^Components:.*$", "Components: main", stanza)


def line_source(line):
    """A line of a *.list file as a stanza: deb [key=value ...] address suite component..."""
    words = re.match(r"\s*deb(?:\s+\[([^]]*)\])?\s+(\S+)\s+(\S+)", line)
    options = dict(word.partition("=")[::2] for word in (words[1] or "").split())
    stanza = f"Types: deb-src\nURIs: {words[2]}\nSuites: {words[3]}\nComponents: main"
    return stanza + (f"\nSigned-By: {options['signed-by']}" if "signed-by" in options else "")


def source_of(path, number):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".sources"):
        return stanza_source(stanzas(text)[number - 1])
    return line_source(text.splitlines()[number - 1])


def main():
    verb, *words = sys.argv[1:] or [""]
    if verb == "needed" and len(words) == 1:
        return 0 if not os.path.exists(words[0]) and not targets("Sources") else 1
    if verb != "text" or words:
        sys.exit("usage: sources.py needed FILE | text")
    found = targets("Packages")
    if not found:
        sys.exit("sources.py: apt knows no entry for Debian's own packages.")
    print("# Made for Nacre, which builds Lua and others from Debian's source packages; safe to delete.")
    print("\n\n".join(source_of(*entry) for entry in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
