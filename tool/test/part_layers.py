"""The layer rule: includes of each room, cycles of includes, and who calls whom in the built kernel."""

import os
import sys

from check import TOP, WIDTHS, Check, Job, failed, passed

sys.path.insert(0, os.path.join(TOP, "tool/check"))
import layers  # noqa: E402


def job(name, sentence, faults, goals=()):
    name = f"layers.{name}"

    def run(_):
        found = list(faults())
        yield failed(name, "\n".join(found)) if found else passed(name)

    return Job([Check(name, sentence)], run, goals=list(goals), repeat="tool/check/layers.py build/rv32 build/rv64")


def jobs(width):
    found = [job(f"include.{room}", f"{room}/ includes only what is below it", lambda room=room: layers.include_faults(TOP, room))
             for room in layers.ROOMS if os.path.isdir(room)]
    found.append(job("cycle", "no header includes itself by a detour", lambda: layers.cycle_faults(TOP)))
    for each in [width] if width else WIDTHS:
        build = f"build/rv{each}"
        found.append(job(f"symbol.rv{each}", "no kernel object uses a symbol of a layer above it",
                         lambda build=build: layers.symbol_faults(build),
                         [(each, f"{build}/kernel.elf"), (each, f"{build}/kernel-test.elf")]))
    return found
