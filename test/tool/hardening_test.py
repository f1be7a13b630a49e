"""tool/check/hardening.py: each thing that a file can lack is found in a program made to lack it."""
import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(TOP, "tool/check"))
import hardening  # noqa: E402

SOURCE = """
static int target, *pointer = &target, *const constant = &target;
int main(void);
int main(void) { return *pointer + *constant; }
void _start(void);
void _start(void) { main(); }
"""
COMPILED = ["-march=rv64imac", "-mabi=lp64", "-misa-spec=2.2", "-mcmodel=medany", "-g", "-fPIE", "-fstack-protector-strong",
            "-mstack-protector-guard=tls", "-mstack-protector-guard-reg=tp", "-mstack-protector-guard-offset=-8",
            "-ftrivial-auto-var-init=zero"]
LINKED = ["-nostdlib", "-pie", "-Wl,--no-dynamic-linker", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack", "-Wl,-z,separate-code"]


class Programs(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = place.name
        os.symlink("/usr/bin/riscv64-linux-gnu-ld", f"{self.folder}/ld")

    def lacks(self, without=(), also=(), kernel=False):
        """What is found in the program when it is made without some words and with others."""
        source, program = f"{self.folder}/probe.c", f"{self.folder}/probe"
        with open(source, "w", encoding="utf-8") as file:
            file.write(SOURCE)
        words = [word for word in [*COMPILED, f"-B{self.folder}/", *LINKED] if word not in without]
        subprocess.run(["riscv64-unknown-elf-gcc", *words, *also, "-o", program, source], check=True, stdin=subprocess.DEVNULL)
        return " ".join(hardening.lacks(program, kernel)[0])

    def test_nothing(self):
        """A program that is made as it should be lacks nothing."""
        self.assertEqual(self.lacks(), "")

    def test_compiled(self):
        """A part that was compiled without stack protector, or without cleared variables, is named."""
        self.assertIn("probe.c was compiled without -fstack-protector-strong", self.lacks(without=["-fstack-protector-strong"]))
        self.assertIn("without -ftrivial-auto-var-init=zero", self.lacks(without=["-ftrivial-auto-var-init=zero"]))
        self.assertIn("without -fPIE", self.lacks(without=["-fPIE"], also=["-fno-pie"]))

    def test_unknown(self):
        """A program without debug information is refused, since nothing is known of it."""
        self.assertIn("no debug information", self.lacks(without=["-g"]))

    def test_write_execute(self):
        """A segment that is writable and executable is found, in a kernel, too."""
        for kernel in (False, True):
            self.assertIn("writable and executable", self.lacks(without=["-Wl,-z,separate-code"], also=["-Wl,-N"], kernel=kernel))

    def test_stack(self):
        """A stack that may be executable is found."""
        self.assertIn("noexecstack", self.lacks(without=["-Wl,-z,noexecstack"], also=["-Wl,-z,execstack"]))

    def test_relro(self):
        """A program without RELRO is found."""
        self.assertIn("-z relro", self.lacks(without=["-Wl,-z,relro"], also=["-Wl,-z,norelro"]))

    def test_stripped(self):
        """A file for the image that lost a program header is found; one that lost only symbols is as it should be."""
        self.lacks()
        for words, found in (["--strip-all"], False), (["--strip-all", "--remove-section=.riscv.attributes"], True):
            os.replace(f"{self.folder}/probe", f"{self.folder}/probe.elf")
            subprocess.run(["riscv64-unknown-elf-objcopy", *words, f"{self.folder}/probe.elf", f"{self.folder}/probe"], check=True)
            self.assertEqual("program headers" in " ".join(hardening.lacks(f"{self.folder}/probe.elf", False)[0]), found)
            os.replace(f"{self.folder}/probe.elf", f"{self.folder}/probe")

    def test_lazy(self):
        """A program that would bind lazily is found."""
        self.assertIn("-z now", self.lacks(without=["-Wl,-z,now"], also=["-Wl,-z,lazy"]))

    def test_fixed(self):
        """A program that lies at one place is found."""
        self.assertIn("link it with -pie", self.lacks(without=["-pie"], also=["-static", "-Wl,-no-pie"]))
