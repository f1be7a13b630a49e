#!/usr/bin/python3
"""system.py - compiles a system description and the manifests it names into the text that init reads.

    system.py system/base.toml --out build/rv32/system      writes it, whole or not at all
    system.py system/base.toml --show                        prints who is started, with what, and who calls whom
    system.py system/base.toml --authority                   prints every right there is, one a line (authority.py)

A manifest (server/NAME/manifest.toml, or driver/, command/) says what a program needs wherever it runs; the
description says which programs there are and may change any of it. The meaning of every key: system/README.md.

What is checked here need not be checked on the machine: unknown keys, names published twice, names looked up that
nobody publishes, programs that call each other in a circle, priorities (a server must not run below those who call
it), and memory: what a service's budget must hold, and all budgets in the RAM of the smallest machine. Each refusal
is one sentence behind file and line. Output: lines `key value`, one a fact, a program's after its `program NAME`
line, services in the order in which they are started (a server before those who look up its names).
"""

import argparse
import difflib
import os
import re
import sys

from authority import authority
from places import ROOT, Mistake, load, shown

FOLDERS = ("server", "driver", "command")
PATH_BYTES = 60           # idl/names.h
PUBLISH_BYTES = 15        # "publish/" and a path fit into the name of a start-up handle (lib/nacre/startup.h)
LABEL_BYTES = 15          # idl/process.h
PROFILES = 127            # idl/names.h, without the default's
# Types of virtio devices that a manifest can ask for, by their numbers (virtio 1.2, section 5). Init is told these names.
VIRTIO = {"net": 1, "blk": 2, "console": 3, "rng": 4, "balloon": 5, "scsi": 8, "9p": 9, "gpu": 16, "input": 18, "sound": 25}
VIRTIO_SLOT = "virtio,mmio"
# What init's tables hold (server/init), and the name server's (server/names/table.c).
SERVICES, PROGRAMS, HANDLES, TEXTS, NAMES, RULES = 32, 64, 24, 16, 64, 160
# Pages: what boot stage, kernel and init take of the machine, and what a process takes beside its stack and memory.
SYSTEM_PAGES, PROCESS_PAGES = 48, 8
PAGE_KIB = 4
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
    "cpu": (str, ""),              # of its budget: "20% of 10 ms"
    "restart": (str, "always"),    # services: always, on-failure (not after an end with code 0), never
    "backoff_ms": (int, 10),       # services: before the second restart in a row; doubles with each
    "give_up": (dict, {"deaths": 9, "seconds": 30}), # services: after so many deaths in so many seconds
    "depends": (dict, {}),         # services: service = "restart" or "tell": what to do when that one was started anew
    "heartbeat_ms": (int, 0),      # services: how long the server may take to answer init; 0: it is not asked
    "answer_ms": (int, 0),         # services: how long a call may go unanswered that waits for nothing outside; 0: for ever
    "critical": (bool, False),     # services: when all restarts failed, the machine is started anew
    "window": (bool, False),       # a receive window, for servers that are lent pages
    "server": (bool, False),       # init makes its server and keeps it: clients outlive a restart
    "publish": (dict, {}),         # path = "forwarded" or "shared"
    "limit": (dict, {}),           # path that it publishes = processes that may be connected at a time
    "lookup": (list, []),          # paths, or PREFIX/*
    "see": (list, []),             # the same, to be listed but not reached
    "debug": (list, []),           # whose memory and registers it may read and change; "*": all that it does not need itself
    "cores": (bool, False),        # services: is handed each process that dies of a fault or hangs, to keep a core of it
    "resolve": (bool, False),      # may connect by stored ID
    "devices": (list, []),         # `compatible` strings: the device handles "device", "device2", ...
    "properties": (list, []),      # of the device's node, put into the environment as NAME=value
    "virtio": (str, ""),           # the same for a virtio device of that type, which stands first
    "dma": (int, 0),               # pages of contiguous memory `dma`, kept by init, that the device transfers to and from
    "trusted_dma": (bool, False),  # says that this driver is trusted with all RAM
    "memory": (dict, {}),          # name = pages, kept by init across restarts
    "keep": (int, 0),              # services: pages of state at the keeper, out of its own; an even number
    "arguments": (list, []),
    "environment": (dict, {}),
}
TOP_KEYS = {"name": str, "version": str, "include": str, "require_entropy": bool, "reserve_pages": int, "ram_kib": int,
            "service": dict, "program": dict, "default": dict}
CPU = re.compile(r"([0-9]{1,3}(?:\.[0-9])?)% of ([0-9]{1,4}) ms")
RESTARTS = ("always", "on-failure", "never")
DEPENDS = ("restart", "tell")
KEEPER_PAGES = 16         # idl/keeper.nid
# Init's own priority: it cannot notice a hang of what runs at it or above.
WATCH_PRIORITY = 31


def nearest(word, words):
    """', did you mean X?' or nothing."""
    close = difflib.get_close_matches(word, list(words), 1)
    return f"; the nearest name is {close[0]}" if close else ""


def require(condition, place, sentence):
    if not condition:
        raise Mistake(place, sentence)


def check_keys(facts, known, places, table=""):
    """Every key known, every value of the type it should have (bool is not int here)."""
    for key, value in facts.items():
        place = places.at(table, key)
        require(key in known, place, f"there is no key `{key}`{nearest(key, known)}.")
        wanted = known[key][0] if isinstance(known[key], tuple) else known[key]
        require(type(value) is wanted, place, f"`{key}` must be {article(wanted)}, not {value!r}.")


def article(wanted):
    return {int: "a number", str: "a text", bool: "true or false", list: "a list", dict: "a table"}[wanted]


class Layer(dict):
    """Facts about a program, and where each of them stands."""

    def __init__(self, facts=(), places=None, table=""):
        super().__init__(facts)
        self.origins = {key: (places, table) for key in self}
        self.origins[None] = (places, table)

    def put(self, other):
        """Changes these facts by others."""
        self.update(other)
        self.origins.update(other.origins)

    def at(self, key=None, text=None):
        places, table = self.origins.get(key) or self.origins[None]
        return places.at(table, key, text)


def groups_of(own, places):
    """{"service": {name: Layer}, "program": {...}, "default": {"": Layer}} of one file."""
    groups = {"service": {}, "program": {}, "default": {"": Layer(own.get("default", {}), places, "default")}}
    for group in ("service", "program"):
        for name, facts in own.get(group, {}).items():
            table = f"{group}.{name}"
            require(isinstance(facts, dict), places.at(group, name), f"`{name}` must be a table: [{table}].")
            groups[group][name] = Layer(facts, places, table)
    return groups


def load_description(path, chain=()):
    """The description's own facts as a Layer, and its groups, merged over what it includes."""
    own, places = load(path)
    require(os.path.realpath(path) not in chain, places.at(), "it includes itself.")
    check_keys(own, TOP_KEYS, places)
    facts, groups = Layer({key: value for key, value in own.items() if type(value) is not dict}, places), groups_of(own, places)
    if "include" not in own:
        return facts, groups
    included = os.path.join(os.path.dirname(path), own["include"])
    require(os.path.exists(included), places.at("", "include"), f"cannot read {shown(included)}: there is no such file.")
    base, base_groups = load_description(included, (*chain, os.path.realpath(path)))
    base.pop("ram_kib", None) # what was added may need more
    base.put(facts)
    for group, layers in groups.items():
        for name, layer in layers.items():
            base_groups[group].setdefault(name, Layer({}, *layer.origins[None])).put(layer)
    return base, base_groups


def load_manifest(name):
    """The program's manifest; an empty one where there is none."""
    for folder in FOLDERS:
        path = os.path.join(ROOT, folder, name, "manifest.toml")
        if os.path.exists(path):
            manifest, places = load(path)
            check_keys(manifest, KEYS, places)
            return Layer(manifest, places)
    return Layer()


class Program:
    """One program of the system: its manifest with the description's changes, every key present."""

    def __init__(self, name, kind, changes, otherwise=None):
        self.name, self.kind, self.changes = name, kind, changes
        places, table = changes.origins[None]
        for key in changes:
            check_keys({key: changes[key]}, KEYS, *changes.origins[key])
        self.facts = Layer({}, places, table)
        for layer in (otherwise, load_manifest(changes.get("file", name)), changes):
            self.facts.put(layer if layer is not None else Layer())
        self.facts.origins[None] = (places, table)
        for key, (_, default) in KEYS.items():
            setattr(self, key, self.facts.get(key, default))
        self.file = self.file or name
        self.check()

    def at(self, key=None, text=None):
        """Where one of its facts stands, in its manifest or in the description."""
        return self.facts.at(key, text)

    def require(self, condition, key, sentence, text=None):
        if not condition:
            raise Mistake(self.at(key, text), sentence)

    def check(self):
        self.require(0 < len(self.name.encode()) <= LABEL_BYTES, None, f"a program's name has 1 to {LABEL_BYTES} bytes.")
        self.require(self.priority is not None and 1 <= self.priority <= 31, "priority", "`priority` must be 1 to 31.")
        self.require(self.restart in RESTARTS, "restart",
                     f"`restart` is one of {', '.join(RESTARTS)}{nearest(self.restart, RESTARTS)}.")
        self.require(self.kind != "service" or self.pages > 0, "pages", "a service must say its `pages`.")
        self.require(4 <= self.stack_kib <= 1024 and self.stack_kib % 4 == 0, "stack_kib",
                     "`stack_kib` must be a multiple of 4, up to 1024.")
        self.require(self.server or not self.publish or self.kind == "program", "publish",
                     "a service that publishes names needs `server = true`.")
        self.check_cpu()
        self.check_supervision()
        self.check_paths()
        self.check_texts()
        self.check_devices()
        self.check_memory()

    def check_cpu(self):
        """cpu_tenths: of a percent; 0: no share."""
        match = CPU.fullmatch(self.cpu)
        self.require(match or "cpu" not in self.facts, "cpu", f'`cpu` is a part of a period, as "20% of 10 ms", not "{self.cpu}".')
        self.cpu_tenths, self.cpu_period_ms = (int(float(match[1]) * 10 + 0.5), int(match[2])) if match else (0, 0)
        self.require(not match or 1 <= self.cpu_tenths <= 1000 and 1 <= self.cpu_period_ms <= 1000, "cpu",
                     f'`cpu` is 0.1% to 100% of 1 to 1000 ms, not "{self.cpu}".')

    def check_supervision(self):
        for key in ("backoff_ms", "give_up", "depends", "heartbeat_ms", "answer_ms"):
            self.require(self.kind == "service" or key not in self.changes, key, f"`{key}` is for services.")
        self.require(0 <= self.backoff_ms <= 60000, "backoff_ms", "`backoff_ms` must be 0 to 60000.")
        self.require(set(self.give_up) == {"deaths", "seconds"} and all(type(n) is int for n in self.give_up.values()) and
                     0 <= self.give_up["deaths"] <= 16 and 1 <= self.give_up["seconds"] <= 3600, "give_up",
                     "`give_up` is { deaths = 0 to 16, seconds = 1 to 3600 }.")
        for name, how in self.depends.items():
            self.require(how in DEPENDS, "depends", f"`depends` says `restart` or `tell` of {name}, not {how!r}.", how)
        self.require(self.kind == "service" and self.server or not self.cores, "cores", "`cores` is for services with a `server`.")
        self.require(self.kind == "service" or not self.keep, "keep", "`keep` is for services.")
        self.require(self.keep % 2 == 0 and 0 <= self.keep <= KEEPER_PAGES, "keep",
                     f"`keep` is an even number of pages, up to {KEEPER_PAGES}.")
        told = [name for name, how in self.depends.items() if how == "tell"]
        self.require(len(told) <= 16, "depends", "a service is told of at most 16 others.")
        self.require(self.server or not told, "depends", "who shall be told needs `server = true`: that is where it hears.")
        self.require(self.heartbeat_ms == 0 or 10 <= self.heartbeat_ms <= 3600000, "heartbeat_ms",
                     "`heartbeat_ms` must be 10 to 3600000, or 0.")
        self.require(self.answer_ms == 0 or self.server and 10 <= self.answer_ms <= 3600000, "answer_ms",
                     "`answer_ms` must be 10 to 3600000, or 0, and needs `server = true`.")
        self.require(not self.heartbeat_ms or self.server, "heartbeat_ms",
                     "`heartbeat_ms` needs `server = true`: the loop of the server answers.")
        self.require(not self.heartbeat_ms or self.priority < WATCH_PRIORITY, "heartbeat_ms",
                     f"`heartbeat_ms` needs a priority below {WATCH_PRIORITY}, at which init watches: a hang there keeps it from running.")

    def check_paths(self):
        for path, how in self.publish.items():
            check_path(path, self.at("publish", path))
            self.require(len(path.encode()) <= PUBLISH_BYTES, "publish",
                         f"a name that is published has at most {PUBLISH_BYTES} bytes, {path} has more.", path)
            self.require(how in ("forwarded", "shared"), "publish", f"{path} is published `forwarded` or `shared`.", path)
        for key in ("lookup", "see"):
            for pattern in getattr(self, key):
                check_path(pattern.removesuffix("/*"), self.at(key, pattern))
        for path, most in self.limit.items():
            self.require(path in self.publish, "limit", f"`limit` is of names that {self.name} publishes itself, and {path} is none.", path)
            self.require(type(most) is int and 1 <= most <= 48, "limit", f"`limit` of {path} must be 1 to 48.", path)
        # names, log, server, the standard streams
        handles = 6 + bool(self.virtio) + bool(self.dma) + len(self.devices) + len(self.memory) + (0 if self.server else len(self.publish))
        self.require(handles <= HANDLES, "publish", f"a program gets at most {HANDLES} handles, {self.name} would get {handles}.")

    def check_texts(self):
        for key in ("arguments", "environment", "devices", "properties"):
            texts = getattr(self, key)
            for text in [*texts, *(texts.values() if isinstance(texts, dict) else ())]:
                self.require(isinstance(text, str) and text.isprintable(), key, f"{text!r} is not a line of text.", text)
        self.require(len(self.arguments) < TEXTS, "arguments", f"a program gets at most {TEXTS - 1} `arguments`.")
        self.require(len(self.environment) + len(self.properties) <= TEXTS, "environment",
                     f"a program gets at most {TEXTS} strings of `environment` and `properties`.")

    def check_devices(self):
        """A device that transfers by itself is given only to who says so, and whose memory init keeps meanwhile."""
        self.require(not self.virtio or self.virtio in VIRTIO, "virtio",
                     f"there is no virtio device `{self.virtio}`{nearest(self.virtio, VIRTIO)}.")
        self.require(VIRTIO_SLOT not in self.devices, "devices",
                     f"`{VIRTIO_SLOT}` is a slot that may hold anything; say `virtio` and the type of the device.")
        self.require(self.dma >= 0 and (not self.dma or self.kind == "service"), "dma",
                     "`dma` is a number of pages, and for services only: init keeps that memory when they die.")
        self.require(self.trusted_dma or not (self.virtio or self.dma), "virtio" if self.virtio else "dma",
                     "a driver whose device transfers by itself can reach all RAM, and must say `trusted_dma = true`.")
        self.require(self.kind == "service" or not self.virtio, "virtio", "a virtio device is for services only.")

    def check_memory(self):
        self.require(all(type(pages) is int and pages > 0 for pages in self.memory.values()) and len(self.memory) <= 2,
                     "memory", "`memory` is at most two names with a number of pages each.")
        if self.pages:
            needed = sum(self.memory.values()) + self.keep + self.dma + self.stack_kib // PAGE_KIB + PROCESS_PAGES
            self.require(self.pages >= needed, "pages",
                         f"{self.name} has {self.pages} pages and needs {needed} for its kept memory, its stack and "
                         "what the kernel keeps for a process.")

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
        if self.cpu:
            yield f"cpu-share {self.cpu_tenths * self.cpu_period_ms * 1000}"
            yield f"cpu-period {self.cpu_period_ms * 1000000}"
        yield f"restart {self.restart}"
        if self.kind == "service":
            yield f"backoff {self.backoff_ms}"
            yield f"deaths {self.give_up['deaths']}"
            yield f"seconds {self.give_up['seconds']}"
        if self.heartbeat_ms:
            yield f"heartbeat {self.heartbeat_ms}"
        for name, how in self.depends.items():
            yield f"depends {how} {name}"
        for flag in ("critical", "window", "server", "resolve", "cores"):
            if getattr(self, flag):
                yield flag
        for path, how in self.publish.items():
            yield f"publish {how} {path}"
        for path, most in self.limit.items():
            yield f"limit {most} {path}"
        for pattern in self.lookup:
            yield f"lookup {pattern}"
        for pattern in self.see:
            yield f"see {pattern}"
        for name in self.debug:
            yield f"debug {name}"
        if self.trusted_dma:
            yield "trusted-dma"
        if self.dma:
            yield f"dma {self.dma}"
        for device in ([f"virtio:{VIRTIO[self.virtio]}"] if self.virtio else []) + self.devices:
            yield f"device {device}"
        for name in self.properties:
            yield f"property {name}"
        if self.keep:
            yield f"keep {self.keep}"
        for name, pages in self.memory.items():
            yield f"memory {pages} {name}"
        for argument in self.arguments:
            yield f"argument {argument}"
        for name, value in self.environment.items():
            yield f"environment {name}={value}"
        if self.answer_ms:
            yield f"environment answer_ms={self.answer_ms}"
        if self.answer_ms:
            yield f"environment answer_ms={self.answer_ms}"


def check_path(path, place):
    """The rules of idl/names.h."""
    require(isinstance(path, str) and 0 < len(path.encode()) <= PATH_BYTES, place,
            f"the path {path!r} must have 1 to {PATH_BYTES} bytes.")
    parts = path.split("/")
    require(all(part not in ("", ".", "..") for part in parts) and path.isprintable(), place,
            f"{path!r} is not a path: parts between single slashes, none of them `.` or `..`.")


def covers(pattern, path):
    return path.startswith(pattern[:-1]) if pattern.endswith("/*") else path == pattern


class System:
    """A whole description, checked and in order."""

    def __init__(self, path):
        facts, groups = load_description(path)
        self.facts, self.where = facts, shown(path)
        self.name = facts.get("name", os.path.splitext(os.path.basename(path))[0])
        self.version = facts.get("version", "0")
        self.require_entropy = facts.get("require_entropy", False)
        self.reserve_pages = facts.get("reserve_pages", 16)
        self.ram_kib = facts.get("ram_kib", 16 << 10)
        services = [Program(name, "service", changes) for name, changes in groups["service"].items()]
        default = groups["default"][""]
        check_keys(default, KEYS, *default.origins[None])
        programs = [Program(name, "program", changes, default) for name, changes in groups["program"].items()]
        programs.append(Program("*", "program", default))
        require(len(services) <= SERVICES, self.where, f"more than {SERVICES} services.")
        require(len(services) + len(programs) <= min(PROFILES, PROGRAMS), self.where, f"more than {PROGRAMS} programs.")
        self.publishers = self.find_publishers(services + programs)
        self.keeper = next((service for service in services if service.name == "keeper"), None)
        for service in services:
            service.require(not service.keep or self.keeper, "keep", "`keep` needs a service `keeper` in the description.")
        keepers = [service for service in services if service.cores]
        for other in keepers[1:]:
            other.require(False, "cores", f"{keepers[0].name} gets the cores already, and one service can.")
        self.check_lookups(services + programs)
        self.check_priorities(services + programs)
        self.check_dependencies(services, programs)
        self.services, self.programs = self.order(services, programs), programs
        self.check_memory()
        self.check_cpu()

    def find_publishers(self, programs):
        """{path: program} of all names that are published, each by one program."""
        publishers = {}
        for program in programs:
            for path in program.publish:
                program.require(not any(covers(name, path) for name in INIT_NAMES), "publish", f"{path} is init's.", path)
                other = publishers.setdefault(path, program)
                program.require(other is program, "publish", f"{path} is published by {other.name} too.", path)
        require(len(publishers) < NAMES, self.where, f"more than {NAMES - 1} names are published.")
        return publishers

    def check_lookups(self, programs):
        known = [*self.publishers, *INIT_NAMES]
        for program in programs:
            program.require(program.name != "names" or not program.lookup, "lookup",
                            "names cannot look anything up: it is who would be asked.")
            for key in ("lookup", "see"):
                for pattern in getattr(program, key):
                    program.require(any(covers(pattern, path) or covers(path, pattern) for path in known), key,
                                    f"nobody publishes {pattern}, which {program.name} looks up{nearest(pattern, known)}.", pattern)
        rules = sum(len(program.lookup) + len(program.see) for program in programs)
        require(rules < RULES, self.where, f"the name server keeps at most {RULES - 1} paths of `lookup` and `see`, not {rules}.")

    def calls_of(self, program):
        """(path pattern, server) of each service and program that this one may call by name."""
        for pattern in program.lookup:
            for path, server in self.publishers.items():
                if covers(pattern, path) and server is not program:
                    yield pattern, server
        if program.keep:
            yield "keep", self.keeper

    def servers_of(self, program):
        """The programs whose names a program may look up."""
        return list({server.name: server for _, server in self.calls_of(program)}.values())

    def check_priorities(self, programs):
        """Who waits for a server lends it its priority; but until the server runs, whoever lies between them goes first."""
        names = next((program for program in programs if program.name == "names"), None)
        for program in programs:
            for pattern, server in self.calls_of(program):
                program.require(server.priority >= program.priority, "keep" if pattern == "keep" else "lookup",
                                f"{server.name} (priority {server.priority}) serves {program.name} "
                                f"(priority {program.priority}) and must not run below it.", pattern)
            if names and program.lookup and program is not names:
                program.require(names.priority >= program.priority, "priority",
                                f"names (priority {names.priority}) serves {program.name} (priority {program.priority}), "
                                "which looks names up, and must not run below it.")

    def check_dependencies(self, services, programs):
        """Each names a service; none is restarted because of itself."""
        by_name = {service.name: service for service in services}
        for service in services:
            for name in service.depends:
                service.require(name in by_name, "depends", f"there is no service {name}{nearest(name, by_name)}.", name)

        self.check_debug(services + programs)

        def visit(service, chain):
            for name, how in service.depends.items():
                service.require(name not in chain, "depends", f"services restart each other for ever: {' -> '.join([*chain, name])}.")
                if how == "restart":
                    visit(by_name[name], [*chain, name])

        for service in services:
            visit(service, [service.name])

    def check_debug(self, programs):
        """A service that stops whom it waits for hangs, so it may not; a program may be ended by hand. A star becomes all others by
        name, and `*` for the programs that have none here."""
        names = [program.name for program in programs if program.name != "*"]
        for program in programs:
            needed = {program.name, "names", *(server.name for server in self.servers_of(program))}
            for name in program.debug:
                program.require(name == "*" or name in names, "debug", f"there is no service or program {name}{nearest(name, names)}.", name)
                program.require(program.kind == "program" or name not in needed, "debug",
                                f"{program.name} cannot debug {name}: it would wait for what it has stopped.", name)
            if "*" in program.debug:
                program.debug = [name for name in names if name not in needed] + ["*"]

    def order(self, services, programs):
        """Services, servers before their clients; nobody may wait for himself through others. A pattern with a star
        expresses curiosity, not need, and orders nothing."""
        done, order = set(), []

        def visit(program, chain):
            if program.name in done:
                return
            for pattern, server in self.calls_of(program):
                if pattern.endswith("/*"):
                    continue
                circle = [*chain, program.name, server.name]
                program.require(server.name not in circle[:-1], "lookup",
                                f"calls go in a circle: {' -> '.join(circle[circle.index(server.name):])}.", pattern)
                visit(server, circle[:-1])
            done.add(program.name)
            if program.kind == "service":
                order.append(program)

        # names is everybody's server, asked for without being looked up.
        for program in [*sorted(services, key=lambda service: service.name != "names"), *programs]:
            visit(program, [])
        return order

    def check_memory(self):
        """The budgets are taken out of the machine's before anything starts; a program's out of what is left."""
        ram, taken = self.ram_kib // PAGE_KIB, SYSTEM_PAGES + self.reserve_pages
        for service in self.services:
            taken += service.pages
            service.require(taken <= ram, "pages",
                            f"with the {service.pages} pages of {service.name} the services need {taken * PAGE_KIB} KiB, and "
                            f"the smallest machine has {self.ram_kib} (`ram_kib`).")
        for program in self.programs:
            program.require(taken + program.pages <= ram, "pages",
                            f"{program.name} wants {program.pages * PAGE_KIB} KiB, and services leave "
                            f"{(ram - taken) * PAGE_KIB} of the smallest machine's {self.ram_kib} (`ram_kib`).")

    def check_cpu(self):
        """What was promised can be had at the same time: by all services, and by each program once."""
        tenths = 0
        for program in [*self.services, *self.programs]:
            tenths += program.cpu_tenths
            program.require(tenths <= 1000, "cpu",
                            f"with the {program.cpu_tenths / 10:g}% of {program.name} the shares of CPU time add up to {tenths / 10:g}%, "
                            "and the machine has 100%.")

    def text(self):
        lines = [f"nacre-system 1 {self.name}", f"version {self.version}",
                 f"reserve {self.reserve_pages}"]
        lines += [f"virtio {number} {name}" for name, number in VIRTIO.items()]
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
        print(f"{sum(service.pages for service in self.services) * PAGE_KIB} KiB are set aside for services.")


def main():
    parser = argparse.ArgumentParser(description="Compiles a system description for init.")
    parser.add_argument("description")
    parser.add_argument("--out", help="file to write")
    parser.add_argument("--show", action="store_true", help="print a summary")
    parser.add_argument("--authority", action="store_true", help="print every right, one a line")
    args = parser.parse_args()
    try:
        system = System(args.description)
    except Mistake as mistake:
        sys.exit(f"{mistake}")
    if args.show:
        system.show()
    if args.authority:
        print("".join(authority(system)), end="")
    if args.out:
        with open(args.out + ".new", "w", encoding="utf-8") as file:
            file.write(system.text())
        os.replace(args.out + ".new", args.out)


if __name__ == "__main__":
    main()
