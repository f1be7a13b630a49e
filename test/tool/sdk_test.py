"""sdk_test.py - the SDK: a program builds with it alone, and is what the loader wants."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SDK = os.path.join(TOP, "build/sdk")
# Nothing of the builder's environment: the SDK must do without.
BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def run(*words, cwd=TOP, env=None):
    """Standard output of a command; its standard error is part of the failure."""
    done = subprocess.run(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=600)
    if done.returncode:
        raise AssertionError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Sdk(unittest.TestCase):
    """Each test works in a folder of its own, with a copy of the SDK, far from the tree."""

    @classmethod
    def setUpClass(cls):
        run("make", "DEPS=have", "sdk", env=BARE)
        cls.folder = tempfile.mkdtemp(prefix="nacre-sdk-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.sdk = os.path.join(cls.folder, "sdk")
        shutil.copytree(SDK, cls.sdk)

    def example(self, width):
        """Builds example/hello there; returns the path of the program."""
        place = tempfile.mkdtemp(dir=self.folder)
        for name in ("hello.c", "Makefile"):
            shutil.copy(os.path.join(TOP, "example/hello", name), place)
        run("make", f"NACRE_SDK={self.sdk}", f"WIDTH={width}", cwd=place, env=BARE)
        return os.path.join(place, f"build/rv{width}/hello")

    def check(self, width):
        program = self.example(width)
        relocations = {line.split()[2] for line in run("riscv64-linux-gnu-readelf", "-rW", program).splitlines()
                       if "R_RISCV" in line}
        header = run("riscv64-linux-gnu-readelf", "-lhW", program)
        self.assertLessEqual(relocations, {"R_RISCV_RELATIVE", "R_RISCV_NONE"})
        self.assertRegex(header, f"Class: +ELF{width}")
        self.assertRegex(header, "Type: +DYN")
        self.assertNotIn("INTERP", header)
        self.assertNotIn("RWE", header)
        with open(program, "rb") as file:
            self.assertNotIn(self.folder.encode(), file.read())

    def test_hello_32(self):
        """example/hello builds for RV32 with the SDK alone, as a static PIE without build paths"""
        self.check(32)

    def test_hello_64(self):
        """example/hello builds for RV64 with the SDK alone, as a static PIE without build paths"""
        self.check(64)

    def test_compiler_alone(self):
        """nacre-cc compiles and links in one step, threads and all"""
        source = os.path.join(self.folder, "threads.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <nacre/server.h>\n#include <pthread.h>\n#include <stdio.h>\n"
                       "static void *run(void *p) { return p; }\n"
                       "int main(void) { pthread_t t; void *r; pthread_create(&t, 0, run, 0); pthread_join(t, &r);\n"
                       "return puts(r ? \"wrong\" : \"right\") < 0; }\n")
        for width in ("-m32", "-m64"):
            run(os.path.join(self.sdk, "bin/nacre-cc"), width, "-Os", "-Wall", "-Werror", "-o", source + ".out", source,
                env=BARE)

    def test_headers_alone(self):
        """every header of the SDK compiles by itself"""
        headers = []
        for folder in ("abi", "base", "idl", "nacre", "test"):
            headers += [f"{folder}/{name}" for name in sorted(os.listdir(os.path.join(self.sdk, "include", folder)))]
        for header in headers:
            source = os.path.join(self.folder, "header.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(f'#include "{header}"\n')
            run(os.path.join(self.sdk, "bin/nacre-cc"), "-m32", "-fsyntax-only", "-Wall", source, env=BARE)


if __name__ == "__main__":
    sys.exit(unittest.main())
