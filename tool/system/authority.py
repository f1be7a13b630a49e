"""authority.py - the rights of a system as text: one a line, so that a new right is a new line in a review.

The lines of the base system stand in doc/authority/base.txt (`make authority` writes them, a test compares). What all
programs have by birth is not repeated for each: itself, its budget, its name space and a connection to write to the log.
"""


def covers(pattern, path):
    return path.startswith(pattern[:-1]) if pattern.endswith("/*") else path == pattern


def who(system, path):
    """Who answers at a path, or at the paths of a pattern."""
    servers = {server.name: None for name, server in system.publishers.items() if covers(path, name)}
    return ", ".join(servers) if servers else "init"


def rights(system, program):
    for pattern in program.lookup:
        yield f"may call {who(system, pattern)} at {pattern}"
    for pattern in program.see:
        yield f"sees {pattern} in lists"
    for path, how in program.publish.items():
        kind = "one connection for all" if how == "shared" else "a connection for each client"
        yield f"publishes {path}, {kind}"
    for name in program.debug:
        yield f"debugs {name}: reads and changes its memory and its registers"
    for device in program.devices:
        yield f"drives {device}" + (", trusted with all RAM" if program.trusted_dma else "")
    for name, pages in program.memory.items():
        yield f"keeps {pages} page{'s' if pages > 1 else ''} of memory, {name}, across restarts"
    if program.keep:
        yield f"keeps state at the keeper, on {program.keep} pages"
    if program.window:
        yield "may be lent pages"
    if program.cores:
        yield "is handed each process that crashes or hangs: reads all its memory, and ends it"
    if program.resolve:
        yield "may connect by public ID"
    if program.critical:
        yield "ends the machine when it cannot be kept running"
    memory = f"{program.pages} pages" if program.pages else f"what its file needs and {program.heap_pages} pages"
    yield f"runs at priority {program.priority} or below, on {memory}" + (f", for {program.cpu}" if program.cpu else "")


def authority(system):
    """The lines, each with its newline, in order of the programs' names."""
    programs = sorted([*system.services, *system.programs], key=lambda program: (program.kind != "service", program.name))
    for program in programs:
        name = "any other program" if program.name == "*" else program.name
        for right in rights(system, program):
            yield f"{name}: {right}\n"
