"""nacre.py - the kernel's objects as commands of gdb (make debug-kernel loads this; doc/debugging-kernel.md).

    nacre ps                   every process: phase, threads, pages, program
    nacre threads [PROCESS]    every thread: state, priorities, what it waits for, where it is
    nacre handles PROCESS      a process's handles: object, rights
    nacre servers              every mailbox: who receives, what waits in it
    nacre budgets              the tree of budgets: pages and CPU time
    nacre pages PROCESS VA     the mapping that holds an address, and the entry of the page table
    nacre trace [N]            the last N events of the trace ring

A PROCESS is the number that ps shows: its serial. All is read from the kernel's own structures, by the names that its debug
information has for them, so nothing here needs to be kept in step but those names. Everything an object pays for hangs on a
budget, and all budgets on machine_budget: that is how objects are found. Nothing is written.

Stopped in a program, the kernel's memory is out of a debugger's sight, as it is out of the program's. QEMU shows it again while
its register `priv` says supervisor; that is what each command does for as long as it runs.
"""

import os
import tomllib

import gdb

CONTRACT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../abi/objects.toml")    # gdb forgets __file__ afterwards
TYPES, RIGHTS = {}, {}
PHASES = ["new", "runs", "ending", "ended"]
STATES = {}
TRACE = {}
LIMIT = 100000      # of any list: a broken one must not keep a person waiting
FILE_LIMIT = 1 << 20


class Stop(Exception):
    """Why a command cannot go on, as one sentence."""


# --- reading -------------------------------------------------------------------------------------------------------

def contract():
    """abi/objects.toml: numbers whose names the debug information does not have."""
    with open(CONTRACT, "rb") as file:
        return tomllib.load(file)


def symbol(name):
    """A variable of the kernel's, static or not."""
    found = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
    if not found:
        raise Stop(f"the symbols have no {name}; is this the kernel?")
    return found.value()


def container(pointer, type_name, member):
    """The struct that a member lies in."""
    kind = gdb.lookup_type(type_name)
    field = next(one for one in kind.fields() if one.name == member)
    return (pointer.cast(gdb.lookup_type("char").pointer()) - field.bitpos // 8).cast(kind.pointer())


def each(head, type_name, member):
    """The entries of an intrusive list (base/list.h), as pointers."""
    start, node = head.address, head["next"]
    for _ in range(LIMIT):
        if int(node) in (0, int(start)):
            return
        yield container(node, type_name, member)
        node = node["next"]
    raise Stop("a list does not end; the kernel's memory is damaged.")


def tree_each(node):
    """The nodes of a tree (base/tree.h), in order."""
    path = []
    while path or int(node):
        while int(node):
            path.append(node)
            node = node["child"][0]
        node = path.pop()
        yield node
        node = node["child"][1]


def type_of(obj):
    return TYPES.get(int(obj["type"]), "?")


def objects():
    """Every object there is, as pointers to struct object: the machine's budget, and what budgets pay for."""
    budgets = [symbol("machine_budget")["object"].address]
    while budgets:
        budget = budgets.pop(0)
        yield budget
        for one in each(container(budget, "struct budget", "object")["objects"], "struct object", "payer_link"):
            if type_of(one) == "budget":
                budgets.append(one)
            else:
                yield one


def of_type(name):
    """Those of a type, as pointers to their own struct, by serial."""
    found = [container(one, f"struct {name}", "object") for one in objects() if type_of(one) == name]
    return sorted(found, key=lambda one: int(one["object"]["serial"]))


def serial(pointer):
    return int(pointer["object"]["serial"])


def process_of(word):
    for process in of_type("process"):
        if serial(process) == int(word, 0):
            return process
    raise Stop(f"no process has the number {word}; nacre ps lists them.")


def mappings(space):
    return [container(node, "struct mapping", "node") for node in tree_each(space["mappings"]["root"])]


def program_of(process):
    """Name of the file of the image that it executes."""
    for mapping in mappings(process["space"]):
        backing = mapping["backing"]
        if not int(mapping["protection"]) & EXECUTE or int(backing) == 0 or int(backing["kind"]) != IMAGE:
            continue
        physical = int(backing["first"]) + int(mapping["offset"]) * PAGE
        memory = symbol("arch_memory")
        in_ram = 0 <= physical - int(memory["ram"]) < int(memory["ram_bytes"])
        address = (physical + int(memory["ram_offset" if in_ram else "image_offset"])) & WORD
        return file_before(address)
    return ""


def file_before(address):
    """Of an archive's file that holds an address: files begin at a page, behind a header of 512 bytes (POSIX ustar)."""
    for start in range(address, address - FILE_LIMIT, -PAGE):
        try:
            header = bytes(gdb.selected_inferior().read_memory(start - 512, 512))
        except gdb.MemoryError:
            return ""
        if header[257:262] == b"ustar":
            return header.split(b"\0")[0].decode("ascii", "replace").removeprefix("bin/")
    return ""


IMAGE, PAGE, WORD, EXECUTE, REAPING = 0, 4096, 0, 4, 9     # STATE_REAPING of kernel/thread/thread.h


def prepare():
    """What only a loaded kernel tells."""
    global IMAGE, WORD
    names = contract()
    TYPES.update({one["number"]: one["name"] for one in names["object"]})
    RIGHTS.update({1 << one["bit"]: one["name"].lower() for one in names["right"]})
    STATES.update({one["value"]: one["name"].removeprefix("STATE_").lower() for one in names["constant"] if one["name"].startswith("STATE_")})
    STATES[REAPING] = "reaping"
    WORD = (1 << 8 * gdb.lookup_type("unsigned long").sizeof) - 1
    IMAGE = int(gdb.parse_and_eval("(int)BACKING_IMAGE"))
    for field in gdb.lookup_type("enum trace_class").fields():
        TRACE[int(field.enumval)] = field.name.removeprefix("TRACE_").lower()


# --- showing -------------------------------------------------------------------------------------------------------

def table(title, rows, left=()):
    """Columns as wide as they need; those of `left` are texts."""
    rows = [title, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(title))]
    for row in rows:
        print("  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def rights(bits):
    return "|".join(name for bit, name in sorted(RIGHTS.items()) if bits & bit) or "-"


def who(thread):
    """process.thread"""
    return f"{serial(thread['process'])}.{int(thread['number'])}"


def waits_for(thread):
    """In words."""
    state = STATES.get(int(thread["state"]), "?")
    if state == "receiving" and int(thread["attends"]):
        return f"at server {int(thread['attends']['object']['serial'])}"
    if state == "calling" and int(thread["mailbox"]) and int(thread["mailbox"]["object"]):
        return f"in the mailbox of server {int(thread['mailbox']['object']['serial'])}"
    if state == "served":
        if int(thread["server_thread"]):
            return f"for {who(thread['server_thread'])}"
        return f"parked by process {serial(thread['taker'])}" if int(thread["taker"]) else "parked"
    if state == "futex":
        return f"for {who(thread['owner'])}" if int(thread["owner"]) else ""
    return ""


def show_ps(_):
    rows = []
    for process in of_type("process"):
        account = process["own"]["account"] if int(process["own"]) else None
        rows.append([serial(process), PHASES[int(process["phase"])] + (", stopped" if process["stopped"] else ""), int(process["thread_count"]),
                     int(process["handles"]["used"]), int(process["space"]["mapped_pages"]),
                     serial(process["own"]) if account is not None else "-", program_of(process)])
    table(["process", "phase", "threads", "handles", "pages", "budget", "program"], rows, left=(1, 6))


def show_threads(words):
    rows = []
    current = int(symbol("arch_cpu")["current"])
    for process in [process_of(words[0])] if words else of_type("process"):
        for thread in each(process["threads"], "struct thread", "process_link"):
            rows.append([("*" if int(thread.dereference().address) == current else " ") + who(thread), STATES.get(int(thread["state"]), "?"),
                         int(thread["base_priority"]), int(thread["priority"]), f"{int(thread['registers']['pc']) & WORD:#x}", waits_for(thread)])
    table([" thread", "state", "set", "has", "pc", "waits"], rows, left=(0, 1, 5))


def entries(handles):
    """The handles in use."""
    per_page = PAGE // gdb.lookup_type("struct handle_entry").sizeof
    for page in range(int(handles["pages"])):
        first = handles["first"] if page == 0 else handles["directory"][page - 1]
        for slot in range(per_page):
            if int(first[slot]["key"]):
                yield first[slot]


def show_handles(words):
    if not words:
        raise Stop("of which process? nacre handles PROCESS; nacre ps lists them.")
    rows = []
    for entry in entries(process_of(words[0])["handles"]):
        obj = entry["object"]
        rows.append([f"{int(entry['key']):08x}", type_of(obj) + (", dead" if obj["dead"] else "") if int(obj) else "gone",
                     int(obj["serial"]) if int(obj) else "-", rights(int(entry["rights"]))])
    table(["handle", "object", "serial", "rights"], rows, left=(1, 3))


def queue_length(queue):
    """Of a queue by priority (base/pqueue.h): rings of equals, the first of each in `levels`."""
    firsts = list(each(queue["levels"], "struct pqueue_node", "level"))
    return len(firsts) + sum(1 for first in firsts for _ in each(first["ring"], "struct pqueue_node", "ring"))


def show_servers(_):
    rows = []
    for server in of_type("server"):
        box = server["mailbox"]
        there = [thread for thread in (box["eager"], box["keen"]) if int(thread)]
        there += list(each(box["waiting"], "struct thread", "wait_link"))
        works = list(each(box["attendants"], "struct thread", "attend_link"))
        rows.append([serial(server), sum(1 for _ in each(server["connections"], "struct connection", "server_link")), int(server["receivers"]),
                     queue_length(box["queue"]), ", ".join(map(who, there)) or "-", ", ".join(map(who, works)) or "-"])
    table(["server", "connections", "receivers", "queued", "ready to receive", "working"], rows, left=(4, 5))


def show_budgets(_):
    rows = []

    def visit(budget, depth):
        account = budget["account"]
        rows.append(["  " * depth + str(serial(budget)), *[int(account[name]) for name in ACCOUNT], int(budget["ceiling"]), int(budget["cpu_ticks"]),
                     sum(1 for _ in each(budget["processes"], "struct process", "own_link"))])
        for one in each(budget["objects"], "struct object", "payer_link"):
            if type_of(one) == "budget":
                visit(container(one, "struct budget", "object"), depth + 1)

    visit(symbol("machine_budget").address, 0)
    table(["budget", *ACCOUNT, "ceiling", "cpu ticks", "processes"], rows, left=(0,))


ACCOUNT = ["limit", "charged", "given"]


def show_pages(words):
    if len(words) != 2:
        raise Stop("of which address? nacre pages PROCESS ADDRESS.")
    space, address = process_of(words[0])["space"], int(gdb.parse_and_eval(words[1])) & WORD
    for mapping in mappings(space):
        base, pages = int(mapping["base"]), int(mapping["pages"])
        if base <= address < base + pages * PAGE:
            backing = mapping["backing"]
            kind = str(gdb.Value(int(backing["kind"])).cast(gdb.lookup_type("enum backing_kind"))) if int(backing) else "orphan"
            print(f"mapping {base:#x} to {base + pages * PAGE:#x}, {pages} pages of {kind.removeprefix('BACKING_').lower()} memory from its page "
                  f"{int(mapping['offset'])} on, protection {protection(int(mapping['protection']))}, {int(mapping['lent_pages'])} lent, "
                  f"{int(mapping['pinned_pages'])} pinned")
            break
    else:
        print("no mapping holds it")
    walk(int(space["root"]), address)


def protection(bits):
    return "".join(letter if bits & bit else "-" for bit, letter in ((1, "r"), (2, "w"), (4, "x")))


def walk(root, address):
    """The page tables of the hardware, Sv32 or Sv39."""
    wide = WORD > 0xffffffff
    levels, bits, size = (3, 9, 8) if wide else (2, 10, 4)
    memory, table_at = symbol("arch_memory"), root
    for level in reversed(range(levels)):
        index = address >> (12 + level * bits) & ((1 << bits) - 1)
        place = (table_at + int(memory["ram_offset"]) + index * size) & WORD
        entry = int.from_bytes(bytes(gdb.selected_inferior().read_memory(place, size)), "little")
        flags = "".join(letter if entry & 1 << bit else "-" for bit, letter in enumerate("vrwxugad"))
        print(f"  level {level}: entry {index} is {entry:#x}, page {entry >> 10 << 12:#x}, {flags}{', lent' if entry & 0x100 else ''}")
        if not entry & 1 or entry & 0xe:
            return
        table_at = entry >> 10 << 12


def show_trace(words):
    ring = symbol("trace_ring")
    if not int(ring) or not int(ring["capacity"]):
        raise Stop("the kernel has no trace ring yet.")
    written, capacity = int(ring["written"]), int(ring["capacity"])
    count = min(int(words[0]) if words else 20, written, capacity)
    if not count:
        print(f"nothing was traced; the mask is {int(ring['mask']):#x}")
    for number in range(written - count, written):
        event = ring["events"][number % capacity]
        print(f"{number:8} {int(event['time_ns']) / 1e9:12.7f} s  thread {int(event['thread']):<6} {TRACE.get(int(event['class']), '?'):<10}"
              f"{int(event['a']):#x} {int(event['b']):#x} {int(event['c']):#x}")


SHOW = {"ps": show_ps, "threads": show_threads, "handles": show_handles, "servers": show_servers, "budgets": show_budgets, "pages": show_pages,
        "trace": show_trace}


class Supervisor:
    """While it lasts the debugger sees what the kernel sees, where it debugs a machine."""

    def __enter__(self):
        try:
            self.before = int(gdb.parse_and_eval("$priv"))
        except (gdb.error, ValueError):
            self.before = None
        if self.before == 0:
            gdb.execute("set $priv = 1", to_string=True)
            gdb.execute("maintenance flush dcache", to_string=True)

    def __exit__(self, *_):
        if self.before == 0:
            gdb.execute("set $priv = 0", to_string=True)


class Nacre(gdb.Command):
    """nacre ps | threads [PROCESS] | handles PROCESS | servers | budgets | pages PROCESS ADDRESS | trace [N]"""

    def __init__(self):
        super().__init__("nacre", gdb.COMMAND_DATA)

    def complete(self, text, word):
        return [name for name in SHOW if name.startswith(word or "")]

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words or words[0] not in SHOW:
            print(self.__doc__)
            return
        try:
            with Supervisor():
                if not TYPES:
                    prepare()
                SHOW[words[0]](words[1:])
        except Stop as stop:
            raise gdb.GdbError(str(stop)) from None
        except ValueError as error:
            raise gdb.GdbError(f"{argument}: {error}") from None


Nacre()
