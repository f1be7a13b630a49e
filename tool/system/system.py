#!/usr/bin/python3
"""system.py - compiles a system description and the manifests it names into the text that init reads.

    system.py system/base.toml --out build/rv32/system      writes it, whole or not at all
    system.py system/base.toml --show                        prints who is started, with what, and who calls whom

A manifest (server/NAME/manifest.toml, or driver/, command/) says what a program needs wherever it runs; the
description says which programs there are and may change any of it. The meaning of every key: system/README.md.

What is checked here need not be checked on the machine: unknown keys, names published twice, names looked up that
nobody publishes, services that wait for each other in a circle, and priorities: a server must not run below those
who call it. Output: lines `key value`, one a fact, a program's after its `program NAME` line, services in the order
in which they are started (a server before those who look up its names).
"""

import argparse
import difflib
import os
import sys
import tomllib

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
FOLDERS = ("server", "driver", "command")
PATH_BYTES = 60           # idl/names.h
PUBLISH_BYTES = 15        # "publish/" and a path fit into the name of a start-up handle (lib/nacre/startup.h)
LABEL_BYTES = 15          # idl/process.h
PROFILES = 127            # idl/names.h, without the default's
# What init itself answers, as a pattern and a sentence.
INIT_NAMES = ("svc/process", "svc/system", "irq/*")

# Keys of a program: type, and a default where a program need not say.
KEYS = {
    "summary": (str, ""),          # one line, for --show
    "file": (str, None),           # in bin/ of the image; default: the program's name
    "pages": (int, 0),             # of its budget; 0, for programs only: what its file needs, and `heap_pages`
    "heap_pages": (int, 0),        # with pages = 0: what it may allocate
    "stack_kib": (int, 8),
    "priority": (int, None),       # and ceiling of its budget
    "restart": (str, "always"),    # services: always, fault (not after a clean exit), never
    "critical": (bool, False),     # services: when all restarts failed, the machine is started anew
    "window": (bool, False),       # a receive window, for servers that are lent pages
    "server": (bool, False),       # init makes its server and keeps it: clients outlive a restart
    "publish": (dict, {}),         # path = "forwarded" or "shared"
    "lookup": (list, []),          # paths, or PREFIX/*
    "see": (list, []),             # the same, to be listed but not reached
    "resolve": (bool, False),      # may connect by stored ID
    "devices": (list, []),         # `compatible` strings: the device handles "device", "device2", ...
    "properties": (list, []),      # of the device's node, put into the environment as NAME=value
    "trusted_dma": (bool, False),  # says that this driver is trusted with all RAM
    "memory": (dict, {}),          # name = pages, kept by init across restarts
    "arguments": (list, []),
    "environment": (dict, {}),
}
TOP_KEYS = {"name": str, "version": str, "include": str, "require_entropy": bool, "reserve_pages": int, "service": dict,
            "program": dict, "default": dict}
RESTARTS = ("always", "fault", "never")


class Mistake(Exception):
    """What is wrong with a description, as one sentence."""


def nearest(word, words):
    """', did you mean X?' or nothing."""
    close = difflib.get_close_matches(word, list(words), 1)
    return f"; the nearest name is {close[0]}" if close else ""


def require(condition, sentence):
    if not condition:
        raise Mistake(sentence)


def load(path):
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Mistake(f"cannot read {path}: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise Mistake(f"{path}: {error}.") from error


def check_keys(table, known, where):
    """Every key known, every value of the type it should have (bool is not int here)."""
    for key, value in table.items():
        require(key in known, f"{where}: there is no key `{key}`{nearest(key, known)}.")
        wanted = known[key][0] if isinstance(known[key], tuple) else known[key]
        require(type(value) is wanted, f"{where}: `{key}` must be {article(wanted)}, not {value!r}.")


def article(wanted):
    return {int: "a number", str: "a text", bool: "true or false", list: "a list", dict: "a table"}[wanted]


def load_description(path):
    """The description, merged over what it includes."""
    own = load(path)
    check_keys(own, TOP_KEYS, path)
    if "include" not in own:
        return own
    base = load_description(os.path.join(os.path.dirname(path), own.pop("include")))
    for key, value in own.items():
        if isinstance(value, dict):
            group = base.setdefault(key, {})
            for name, entry in value.items():
                group[name] = {**group.get(name, {}), **entry} if isinstance(entry, dict) else entry
        else:
            base[key] = value
    return base


def load_manifest(name):
    """The program's manifest and its path; an empty one where there is none."""
    for folder in FOLDERS:
        path = os.path.join(ROOT, folder, name, "manifest.toml")
        if os.path.exists(path):
            manifest = load(path)
            check_keys(manifest, KEYS, path)
            return manifest
    return {}


class Program:
    """One program of the system: its manifest with the description's changes, every key present."""

    def __init__(self, name, kind, changes, where, otherwise=None):
        self.name, self.kind, self.where = name, kind, f"{where}, {name}"
        check_keys(changes, KEYS, self.where)
        facts = {**(otherwise or {}), **load_manifest(changes.get("file", name)), **changes}
        for key, (_, default) in KEYS.items():
            setattr(self, key, facts.get(key, default))
        self.file = self.file or name
        self.check()

    def check(self):
        where = self.where
        require(0 < len(self.name.encode()) <= LABEL_BYTES,
                f"{where}: a program's name has 1 to {LABEL_BYTES} bytes.")
        require(self.priority is not None and 1 <= self.priority <= 31, f"{where}: `priority` must be 1 to 31.")
        require(self.restart in RESTARTS,
                f"{where}: `restart` is one of {', '.join(RESTARTS)}{nearest(self.restart, RESTARTS)}.")
        require(self.kind != "service" or self.pages > 0, f"{where}: a service must say its `pages`.")
        require(4 <= self.stack_kib <= 1024 and self.stack_kib % 4 == 0,
                f"{where}: `stack_kib` must be a multiple of 4, up to 1024.")
        require(self.server or not self.publish or self.kind == "program",
                f"{where}: a service that publishes names needs `server = true`.")
        for path, how in self.publish.items():
            check_path(path, where)
            require(len(path.encode()) <= PUBLISH_BYTES,
                    f"{where}: a name that is published has at most {PUBLISH_BYTES} bytes, {path} has more.")
            require(how in ("forwarded", "shared"), f"{where}: {path} is published `forwarded` or `shared`.")
        for pattern in [*self.lookup, *self.see]:
            check_path(pattern.removesuffix("/*"), where)

        for text in [*self.arguments, *self.environment, *self.environment.values(), *self.devices, *self.properties]:
            require(isinstance(text, str) and text.isprintable(), f"{where}: {text!r} is not a line of text.")
        require(all(type(pages) is int and pages > 0 for pages in self.memory.values()) and len(self.memory) <= 2,
                f"{where}: `memory` is at most two names with a number of pages each.")

    def lines(self, profile):
        """The facts that init reads; those that are off or empty are left out."""
        yield f"program {self.name}"
        yield f"file bin/{self.file}"
        yield f"kind {self.kind}"
        yield f"profile {profile}"
        yield f"pages {self.pages}"
        yield f"heap {self.heap_pages}"
        yield f"stack {self.stack_kib * 1024}"
        yield f"priority {self.priority}"
        yield f"restart {self.restart}"
        for flag in ("critical", "window", "server", "resolve"):
            if getattr(self, flag):
                yield flag
        for path, how in self.publish.items():
            yield f"publish {how} {path}"
        for pattern in self.lookup:
            yield f"lookup {pattern}"
        for pattern in self.see:
            yield f"see {pattern}"
        for device in self.devices:
            yield f"device {device}"
        for name in self.properties:
            yield f"property {name}"
        for name, pages in self.memory.items():
            yield f"memory {pages} {name}"
        for argument in self.arguments:
            yield f"argument {argument}"
        for name, value in self.environment.items():
            yield f"environment {name}={value}"


def check_path(path, where):
    """The rules of idl/names.h."""
    require(0 < len(path.encode()) <= PATH_BYTES, f"{where}: the path {path!r} must have 1 to {PATH_BYTES} bytes.")
    parts = path.split("/")
    require(all(part not in ("", ".", "..") for part in parts) and path.isprintable(),
            f"{where}: {path!r} is not a path: parts between single slashes, none of them `.` or `..`.")


def covers(pattern, path):
    return path.startswith(pattern[:-1]) if pattern.endswith("/*") else path == pattern


class System:
    """A whole description, checked and in order."""

    def __init__(self, path):
        facts = load_description(path)
        self.where = os.path.relpath(path, ROOT)
        self.name = facts.get("name", os.path.splitext(os.path.basename(path))[0])
        self.version = facts.get("version", "0")
        self.require_entropy = facts.get("require_entropy", False)
        self.reserve_pages = facts.get("reserve_pages", 16)
        services = [Program(name, "service", changes, self.where) for name, changes in facts.get("service", {}).items()]
        default = facts.get("default", {})
        check_keys(default, KEYS, f"{self.where}, [default]")
        programs = [Program(name, "program", changes, self.where, default)
                    for name, changes in facts.get("program", {}).items()]
        programs.append(Program("*", "program", default, self.where))
        require(len(services) + len(programs) <= PROFILES, f"{self.where}: more than {PROFILES} programs.")
        self.publishers = self.find_publishers(services + programs)
        self.check_lookups(services + programs)
        self.services, self.programs = self.order(services), programs

    def find_publishers(self, programs):
        """{path: program} of all names that are published, each by one program."""
        publishers = {}
        for program in programs:
            for path in program.publish:
                require(not any(covers(name, path) for name in INIT_NAMES), f"{program.where}: {path} is init's.")
                other = publishers.setdefault(path, program)
                require(other is program, f"{program.where}: {path} is published by {other.name} too.")
        return publishers

    def check_lookups(self, programs):
        for program in programs:
            for pattern in program.lookup:
                known = [*self.publishers, *INIT_NAMES]
                require(any(covers(pattern, path) or covers(path, pattern) for path in known),
                        f"{program.where}: nobody publishes {pattern}{nearest(pattern, known)}.")

    def servers_of(self, program):
        """The services whose names a program may look up."""
        found = {self.publishers[path].name: self.publishers[path] for pattern in program.lookup
                 for path in self.publishers if covers(pattern, path)}
        found.pop(program.name, None)
        return list(found.values())

    def order(self, services):
        """Servers before their clients. A pattern with a star expresses curiosity, not need, and orders nothing."""
        done, order = set(), []

        def visit(program, chain):
            require(program.name not in chain,
                    f"{self.where}: services wait for each other: {' -> '.join([*chain, program.name])}.")
            if program.name in done:
                return
            for server in self.servers_of(program):
                if any(not pattern.endswith("/*") and pattern in server.publish for pattern in program.lookup):
                    require(server.priority >= program.priority,
                            f"{self.where}: {server.name} (priority {server.priority}) serves {program.name} "
                            f"(priority {program.priority}) and must not run below it.")
                    if server.kind == "service":
                        visit(server, [*chain, program.name])
            done.add(program.name)
            order.append(program)

        # names is everybody's server, asked for without being looked up.
        for program in sorted(services, key=lambda service: service.name != "names"):
            visit(program, [])
        return order

    def text(self):
        lines = [f"nacre-system 1 {self.name}", f"version {self.version}",
                 f"reserve {self.reserve_pages}"]
        if self.require_entropy:
            lines.append("require-entropy")
        for profile, program in enumerate([*self.services, *self.programs]):
            lines += program.lines(profile)
        return "".join(line + "\n" for line in lines)

    def show(self):
        print(f"{'PROGRAM':12} {'KIND':8} {'PAGES':>5} {'STACK':>6} {'PRIO':>4} {'RESTART':8} CALLS")
        for program in [*self.services, *self.programs]:
            calls = " ".join(server.name for server in self.servers_of(program)) or "-"
            print(f"{program.name:12} {program.kind:8} {program.pages or 'file':>5} {program.stack_kib:>3}KiB "
                  f"{program.priority:>4} {program.restart if program.kind == 'service' else '-':8} {calls}")
        print(f"{sum(service.pages for service in self.services) * 4} KiB are set aside for services.")


def main():
    parser = argparse.ArgumentParser(description="Compiles a system description for init.")
    parser.add_argument("description")
    parser.add_argument("--out", help="file to write")
    parser.add_argument("--show", action="store_true", help="print a summary")
    args = parser.parse_args()
    try:
        system = System(args.description)
    except Mistake as mistake:
        sys.exit(f"system.py: {mistake}")
    if args.show:
        system.show()
    if args.out:
        with open(args.out + ".new", "w", encoding="utf-8") as file:
            file.write(system.text())
        os.replace(args.out + ".new", args.out)


if __name__ == "__main__":
    main()
