#!/usr/bin/python3
"""layers.py - who may include whom, and who may call whom: doc/ says it in prose, this file is what holds it.

    layers.py                   check every #include of the tree
    layers.py BUILD...          and the undefined symbols of the kernel objects below these folders (build/rv32)

    abi < base < boot                                       boot stage
    abi < base < kernel: arch = trace < memory < object < thread < ipc < check < syscall < boot
    abi < base < idl < lib < each of server/*, driver/*, command/*; none of these sees another

A file may use its own layer and what is below it. That is checked twice, because a declaration typed by hand gets
around an include check: #include lines first, then which object file needs a symbol that which other one defines.
Also: no cycle of includes, and base, boot and kernel use no header of a hosted C library.
There is no list of exceptions, and there shall be none. What must go upward goes through a table that a higher layer
fills in at start (arch_handlers, the object table's destroy operations).
"""

import os
import re
import subprocess
import sys
from collections import defaultdict

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))

KERNEL_ORDER = ["", "arch", "memory", "object", "thread", "ipc", "check", "syscall", "boot"]
ROOMS = ["base", "boot", "kernel", "idl", "lib", "server", "driver", "command", "lang", "test"]
FREESTANDING = {"float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
                "stdnoreturn.h"}

# What each room sees below itself. Generated headers count as abi, the dispatch table as the kernel's syscall layer.
BELOW = {
    "abi": set(),
    "base": {"abi"},
    "boot": {"abi", "base"},
    "kernel": {"abi", "base"},
    "idl": {"abi", "base"},
    "lib": {"abi", "base", "idl"},
    "server": {"abi", "base", "idl", "lib"},
    "driver": {"abi", "base", "idl", "lib"},
    "command": {"abi", "base", "idl", "lib"},
    "lang": {"abi", "base", "idl", "lib"},
}
# Tests stand outside: those on the host look into the kernel and the library, those on the target see what a program sees.
TEST_BELOW = {"host": {"abi", "base", "idl", "lib", "kernel"}, "target": {"abi", "base", "idl", "lib"},
              "lang": {"abi", "base", "idl", "lib"}}

# Where make puts the kernel's objects, below a build folder.
OBJECTS = "obj/kernel"

# Headers made of protocols; tests have two versions of one.
INTERFACE = re.compile(r"(v\d+/)?idl/(\w+?)(_client|_server)?\.h")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def room(path):
    return path.split("/", 1)[0]


def kernel_rank(path):
    """A kernel file's place in KERNEL_ORDER; files right in kernel/ are below all folders."""
    folder = path.split("/")[1] if path.count("/") > 1 else ""
    return KERNEL_ORDER.index({"trace": "arch"}.get(folder, folder))


def folder_of_program(path):
    """server/NAME of server/NAME/x.c, and command/NAME.c itself: what is one program."""
    parts = path.split("/")
    return "/".join(parts[:2])


def fault(user, used):
    """Why the file user may not use the file used, or None. Paths are relative to the tree's top."""
    mine, theirs = room(user), room(used)
    if mine == theirs == "kernel":
        if kernel_rank(used) > kernel_rank(user):
            return f"{KERNEL_ORDER[kernel_rank(user)] or 'types'} is below {KERNEL_ORDER[kernel_rank(used)]}"
    elif mine == theirs:
        if mine in ("server", "driver", "command") and folder_of_program(user) != folder_of_program(used):
            return f"{folder_of_program(user)} is not {folder_of_program(used)}"
    elif mine == "test":
        # Tests of what in a driver makes no system calls.
        if user.startswith((f"test/host/{theirs}_", "test/fuzz/")) and theirs in ("driver", "server"):
            return None
        if theirs not in TEST_BELOW.get(user.split("/")[1], set(BELOW)):
            return f"{'/'.join(user.split('/')[:2])} does not see {theirs}"
    elif theirs not in BELOW.get(mine, set(BELOW)):
        return f"{mine} does not see {theirs}"
    return None


# --- includes ----------------------------------------------------------------------------------------------------

def search_path(user):
    """Where the compiler looks for a quoted include of this file (tool/make/)."""
    mine, folder = room(user), os.path.dirname(user)
    on_host = user.startswith(("test/host/", "test/reference/"))
    if mine == "kernel" or on_host:
        arch = "kernel/arch/host" if on_host else "kernel/arch/riscv"
        return [folder, *(["test/host"] if on_host else []), "kernel", arch, "kernel/arch/riscv/rv32", *(["lib"] if user.startswith(("test/host/lib_", "test/host/driver_", "test/host/server_")) else []), "."]
    return [folder, {"boot": "boot", "idl": "."}.get(mine, "lib"), "."]


def interface(top, user, name):
    """What tool/idl makes of idl/NAME.nid: numbers count as idl; stubs and skeletons stand on the library, so as lib."""
    version, stem, side = INTERFACE.fullmatch(name).groups()
    tests = [f"test/idl/{version or ''}", "test/lang"] if room(user) == "test" else []
    if not any(os.path.isfile(os.path.join(top, folder, f"{stem}.nid")) for folder in ["idl", *tests]):
        return None
    return f"lib/idl/{stem}{side}.h" if side else f"idl/{stem}.h"


def resolve(top, user, name):
    """The file an #include means, as a path from the top; a generated one gets the place of its layer."""
    for folder in search_path(user):
        path = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(top, path)):
            return path
    if name.startswith("abi/") or name in ("kernel/contract.h", "kernel/names.h"):
        return f"abi/{os.path.basename(name)}"
    if name.startswith("kernel/"):
        return f"kernel/syscall/{os.path.basename(name)}"
    if INTERFACE.fullmatch(name):
        return interface(top, user, name)
    if name.startswith("test/"):
        return f"test/{os.path.basename(name)}"
    return None


def sources(top, room_name):
    for folder, folders, files in os.walk(os.path.join(top, room_name)):
        folders.sort()
        for file in sorted(files):
            if file.endswith((".c", ".h", ".S", ".lds")):
                yield os.path.relpath(os.path.join(folder, file), top)


def includes(top, path):
    """(line, is it quoted, name) of each #include."""
    with open(os.path.join(top, path), encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2)


def is_freestanding(path):
    return room(path) in ("base", "boot", "kernel") and not path.startswith("kernel/arch/host/")


def include_faults(top, room_name):
    """One sentence for each wrong #include in a room."""
    for path in sources(top, room_name):
        for line, quoted, name in includes(top, path):
            if not quoted:
                if is_freestanding(path) and name not in FREESTANDING:
                    yield f"{path}:{line}: <{name}> needs a hosted C library"
                continue
            used = resolve(top, path, name)
            why = fault(path, used) if used else "there is no such file on its include path"
            if why:
                yield f'{path}:{line}: "{name}": {why}'


def cycle_faults(top):
    """One sentence for each cycle of includes."""
    graph = defaultdict(list)
    for room_name in ROOMS:
        for path in sources(top, room_name):
            for _, quoted, name in includes(top, path):
                used = resolve(top, path, name) if quoted else None
                if used and used != path:
                    graph[path].append(used)
    done, chain = set(), []

    def visit(path):
        if path in chain:
            yield " -> ".join(chain[chain.index(path):] + [path])
        elif path not in done:
            chain.append(path)
            for used in graph.get(path, []):
                yield from visit(used)
            chain.pop()
            done.add(path)

    for path in sorted(graph):
        yield from visit(path)


# --- symbols -----------------------------------------------------------------------------------------------------

def object_source(path, build):
    """build/rv32/obj/kernel/kernel/ipc/call.c.o -> kernel/ipc/call.c; generated sources get the place of their layer."""
    source = os.path.relpath(path, os.path.join(build, OBJECTS))[:-2]
    if source.endswith("/kernel/names.c"):
        return "abi/names.c"
    return re.sub(r"^.*build/gen/kernel/", "kernel/syscall/", source)


def is_current(path, build):
    """Whether the object's source is still there: a build folder keeps what was renamed away."""
    return os.path.exists(os.path.join(TOP, os.path.relpath(path, os.path.join(build, OBJECTS))[:-2]))


def symbols(build):
    """(defined: name -> sources, wanted: [(source, name)]) of the kernel's objects in a build folder."""
    objects = [os.path.join(folder, file) for folder, _, files in os.walk(os.path.join(build, OBJECTS))
               for file in sorted(files) if file.endswith(".o") and is_current(os.path.join(folder, file), build)]
    if not objects:
        return {}, []
    text = subprocess.run(["riscv64-unknown-elf-nm", "-A", "-g", *objects], check=True, capture_output=True,
                          text=True).stdout
    defined, wanted = defaultdict(set), []
    for line in text.splitlines():
        path, _, rest = line.partition(":")
        *_, kind, name = rest.split()
        if kind in "Uw":
            wanted.append((object_source(path, build), name))
        else:
            defined[name].add(object_source(path, build))
    return defined, wanted


def symbol_faults(build):
    """One sentence for each symbol that a lower layer takes from a higher one, and for a build without objects."""
    defined, wanted = symbols(build)
    if not wanted:
        yield f"{build}: there are no kernel objects to look at"
    for source, name in wanted:
        whys = [fault(source, used) for used in defined.get(name, ())]
        if whys and all(whys):
            yield f"{source}: uses {name} of {', '.join(sorted(defined[name]))}: {whys[0]}"


def main():
    faults = [line for room_name in ROOMS for line in include_faults(TOP, room_name)]
    faults += cycle_faults(TOP)
    for build in sys.argv[1:]:
        faults += symbol_faults(build)
    print("\n".join(faults) if faults else "layers: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
