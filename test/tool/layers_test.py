"""tool/check/layers.py: each rule finds its fault in a tree made to break it, and nothing in one that keeps it."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tool/check"))
import layers  # noqa: E402

GOOD = {
    "base/list.h": "#include <stddef.h>\n",
    "base/list.c": '#include "base/list.h"\n',
    "boot/boot.h": '#include "base/list.h"\n',
    "boot/main.c": '#include "boot/boot.h"\n#include "boot.h"\n',
    "kernel/types.h": '#include "kernel/contract.h"\n',
    "kernel/arch/riscv/arch.h": '#include "types.h"\n',
    "kernel/trace/trace.h": '#include "arch.h"\n',
    "kernel/memory/frame.h": '#include "arch.h"\n#include "trace/trace.h"\n#include "base/list.h"\n',
    "kernel/ipc/call.h": '#include "memory/frame.h"\n',
    "kernel/boot/main.c": '#include "ipc/call.h"\n#include "kernel/dispatch.h"\n',
    "idl/log.h": '#include "abi/nacre_abi.h"\n',
    "idl/clock.nid": "",
    "lib/nacre/log.h": '#include "idl/log.h"\n#include <stdio.h>\n',
    "server/log/ring.h": "",
    "server/log/main.c": '#include "ring.h"\n#include "nacre/log.h"\n',
    "server/names/main.c": '#include "idl/log.h"\n#include "idl/clock.h"\n#include "idl/clock_server.h"\n',
    "test/host/kernel_x.c": '#include "memory/frame.h"\n#include <stdio.h>\n',
    "test/target/x.c": '#include "nacre/log.h"\n',
}


class Tree(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.top = Path(place.name)
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def faults(self):
        return [line for room in layers.ROOMS for line in layers.include_faults(self.top, room)]

    def refuse(self, name, text, why):
        self.write(name, text)
        found = self.faults()
        self.assertEqual(len(found), 1, found)
        self.assertIn(name, found[0])
        self.assertIn(why, found[0])

    def test_good_tree(self):
        """A tree that keeps the rule has no fault, neither in its includes nor a cycle."""
        self.assertEqual(self.faults() + list(layers.cycle_faults(self.top)), [])

    def test_kernel_upward(self):
        """memory/ may not include ipc/, which is above it."""
        self.refuse("kernel/memory/bad.c", '#include "ipc/call.h"\n', "memory is below ipc")

    def test_trace_is_low(self):
        """trace/ is at the level of arch/, so it may not include memory/."""
        self.refuse("kernel/trace/bad.c", '#include "memory/frame.h"\n', "arch is below memory")

    def test_dispatch_is_high(self):
        """The generated dispatch table belongs to syscall/, so ipc/ may not include it."""
        self.refuse("kernel/ipc/bad.c", '#include "kernel/dispatch.h"\n', "ipc is below syscall")

    def test_nobody_includes_kernel(self):
        """A library that includes a kernel header is found, whatever path it takes."""
        self.refuse("lib/nacre/bad.c", '#include "../../kernel/types.h"\n', "lib does not see kernel")

    def test_kernel_sees_no_library(self):
        """The kernel may not include what lies in lib/."""
        self.write("kernel/lib.h", "")
        self.refuse("kernel/memory/bad.c", '#include "../../lib/nacre/log.h"\n', "kernel does not see lib")

    def test_stubs_are_library(self):
        """What is made of a protocol: base/ sees neither its numbers nor its stubs, and nobody one that does not exist."""
        self.refuse("base/bad.c", '#include "idl/clock.h"\n', "base does not see idl")
        self.write("base/bad.c", "")
        self.refuse("idl/bad.h", '#include "idl/clock_client.h"\n', "idl does not see lib")
        self.write("idl/bad.h", "")
        self.refuse("lib/nacre/bad.c", '#include "idl/clocks_client.h"\n', "no such file")

    def test_base_is_lowest(self):
        """base/ may not include a header of lib/."""
        self.refuse("base/bad.c", '#include "lib/nacre/log.h"\n', "base does not see lib")

    def test_servers_are_apart(self):
        """One server may not include another's header."""
        self.refuse("server/names/bad.c", '#include "../log/ring.h"\n', "server/names is not server/log")

    def test_commands_see_no_server(self):
        """A command may not include a server's header: that is what idl/ is for."""
        self.refuse("command/ps.c", '#include "../server/log/ring.h"\n', "command does not see server")

    def test_hosted_header(self):
        """The kernel may not include a header of a hosted C library."""
        self.refuse("kernel/memory/bad.c", "#include <string.h>\n", "hosted C library")

    def test_missing_header(self):
        """An include that leads nowhere is a fault, not overlooked."""
        self.refuse("lib/nacre/bad.c", '#include "nothing.h"\n', "no such file")

    def test_target_tests_stay_outside(self):
        """A test program that runs on the target may not look into the kernel."""
        self.refuse("test/target/bad.c", '#include "../../kernel/types.h"\n', "test/target does not see kernel")

    def test_cycle(self):
        """Two headers that include each other are a cycle, even inside one folder."""
        self.write("base/one.h", '#include "base/two.h"\n')
        self.write("base/two.h", '#include "base/one.h"\n')
        found = list(layers.cycle_faults(self.top))
        self.assertEqual(found, ["base/one.h -> base/two.h -> base/one.h"])


class Symbols(unittest.TestCase):
    """Object files that are compiled here, in a build folder with the tree's shape."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.top, layers.TOP = Path(place.name), place.name
        self.build = self.top / "build/rv32"

    def compile(self, name, text):
        source, target = self.top / name, self.build / layers.OBJECTS / f"{name}.o"
        for path in (source, target):
            path.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        subprocess.run(["riscv64-unknown-elf-gcc", "-c", "-o", target, source], check=True)

    def test_downward(self):
        """A call from ipc/ into memory/ is no fault."""
        self.compile("kernel/memory/frame.c", "void frame(void) { }")
        self.compile("kernel/ipc/call.c", "void frame(void); void call(void) { frame(); }")
        self.assertEqual(list(layers.symbol_faults(str(self.build))), [])

    def test_upward(self):
        """A call from memory/ into ipc/ is found although its declaration was typed by hand."""
        self.compile("kernel/memory/frame.c", "void call(void); void frame(void) { call(); }")
        self.compile("kernel/ipc/call.c", "void call(void) { }")
        found = list(layers.symbol_faults(str(self.build)))
        self.assertEqual(len(found), 1, found)
        self.assertIn("kernel/memory/frame.c: uses call of kernel/ipc/call.c", found[0])

    def test_renamed_away(self):
        """An object whose source is gone does not count."""
        self.compile("kernel/memory/frame.c", "void call(void); void frame(void) { call(); }")
        self.compile("kernel/ipc/call.c", "void call(void) { }")
        (self.top / "kernel/ipc/call.c").unlink()
        self.assertEqual(list(layers.symbol_faults(str(self.build))), [])

    def test_nothing_built(self):
        """An empty build folder is a fault: there was nothing to look at."""
        self.assertIn("no kernel objects", next(layers.symbol_faults(str(self.build))))


if __name__ == "__main__":
    unittest.main()
