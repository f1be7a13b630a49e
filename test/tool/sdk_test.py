"""sdk_test.py - the SDK's compiler and libraries: what is built with them alone is what the loader wants."""

import os
import sys
import unittest

from sdk_help import SDK, TOP, SdkTest, relocations, run, try_run

# Symbols that gcc would leave to the dynamic linker, were it not told otherwise.
VISIBLE = r"""
#include <stdio.h>
#define SHOWN __attribute__((visibility("default")))
SHOWN int number = 3;
SHOWN int three(void) { return number; }
SHOWN int putchar(int c) { return fputc(c, stdout); }
SHOWN __attribute__((weak)) int weak(void) { return 4; }
extern int absent(void) __attribute__((weak));
int (*volatile calls[])(void) = { three, weak, absent };
int *volatile data = &number;
int main(void) { putchar('0' + calls[0]() + calls[1]() + *data + !!calls[2]); putchar('\n'); return 0; }
"""

THREADS = r"""
#include <pthread.h>
#include <stdio.h>
static void *run(void *text) { return text; }
int main(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, 0, run, "a thread ran");
	pthread_join(thread, &result);
	return puts(result) < 0;
}
"""

CLASSES = r"""
#include <stdio.h>
struct shape {
	virtual const char *name() const = 0;
};
struct circle : shape {
	const char *name() const override { return "circle"; }
};
template <typename T> static T larger(T a, T b) { return a > b ? a : b; }
struct counter {
	int count;
	counter() : count(larger(40, 2)) {}
};
static counter before_main;
static circle round;
static const shape &chosen = round;
int main()
{
	static counter once;

	return printf("%s %d\n", chosen.name(), before_main.count + once.count) < 0;
}
"""


class Sdk(SdkTest):
    """Each test works with a copy of the SDK whose path has a blank in it."""

    def check_example(self, width):
        """example/hello, by its own Makefile. make cannot have blanks in paths, so the SDK is reached by a link."""
        self.copy("example/hello/hello.c", "example/hello/Makefile")
        link = os.path.join(self.place, "link")
        os.symlink(self.sdk, link)
        run("make", f"NACRE_SDK={link}", f"WIDTH={width}", cwd=self.place)
        program = os.path.join(self.place, f"build/rv{width}/hello")
        header = run("riscv64-linux-gnu-readelf", "-lhW", program)
        self.assertLessEqual(relocations(program), {"R_RISCV_RELATIVE", "R_RISCV_NONE"})
        self.assertRegex(header, f"Class: +ELF{width}")
        self.assertRegex(header, "Type: +DYN")
        self.assertNotIn("INTERP", header)
        self.assertNotIn("RWE", header)
        with open(program, "rb") as file:
            self.assertNotIn(self.folder.encode(), file.read())

    def test_hello_32(self):
        """example/hello builds for RV32 with the SDK alone, as a static PIE without build paths"""
        self.check_example(32)

    def test_hello_64(self):
        """example/hello builds for RV64 with the SDK alone, as a static PIE without build paths"""
        self.check_example(64)

    def check_runs(self, width, source, said, compiler="nacre-cc", name="program.c"):
        """Compiled and linked in one step, checked, and run."""
        program = os.path.join(self.place, "program")
        run(self.command(compiler), f"-m{width}", "-Os", "-Wall", "-Werror", "-o", program, self.write(name, source))
        self.assertLessEqual(relocations(program), {"R_RISCV_RELATIVE", "R_RISCV_NONE"})
        self.assertEqual(self.nacre(program), said)

    def test_threads_32(self):
        """nacre-cc compiles and links in one step, and a program with threads runs, RV32"""
        self.check_runs(32, THREADS, "a thread ran\n")

    def test_threads_64(self):
        """nacre-cc compiles and links in one step, and a program with threads runs, RV64"""
        self.check_runs(64, THREADS, "a thread ran\n")

    def test_visible_32(self):
        """symbols with default visibility need no relocation that the loader refuses, RV32"""
        self.check_runs(32, VISIBLE, ":\n")

    def test_visible_64(self):
        """symbols with default visibility need no relocation that the loader refuses, RV64"""
        self.check_runs(64, VISIBLE, ":\n")

    def test_classes_32(self):
        """nacre-c++ takes classes, templates and constructors before main, RV32"""
        self.check_runs(32, CLASSES, "circle 80\n", "nacre-c++", "program.cc")

    def test_classes_64(self):
        """nacre-c++ takes classes, templates and constructors before main, RV64"""
        self.check_runs(64, CLASSES, "circle 80\n", "nacre-c++", "program.cc")

    def check_headers(self, width):
        headers = []
        for folder in ("abi", "base", "idl", "nacre", "test"):
            headers += [f"{folder}/{name}" for name in sorted(os.listdir(os.path.join(self.sdk, "include", folder)))
                        if name.endswith(".h")]
        self.assertGreater(len(headers), 20)
        for header in headers:
            self.cc(width, "-fsyntax-only", self.write("header.c", f'#include "{header}"\n'))

    def test_headers_32(self):
        """every header of the SDK compiles by itself, RV32"""
        self.check_headers(32)

    def test_headers_64(self):
        """every header of the SDK compiles by itself, RV64"""
        self.check_headers(64)

    def test_no_paths(self):
        """no file of the SDK knows where it was built"""
        for folder, _, names in os.walk(SDK):
            for path in (os.path.join(folder, name) for name in names):
                if not os.path.islink(path):
                    with open(path, "rb") as file:
                        self.assertNotIn(TOP.encode(), file.read(), path)

    def test_links_stay_inside(self):
        """no link of the SDK leads out of it"""
        for folder, folders, names in os.walk(SDK):
            for path in (os.path.join(folder, name) for name in [*folders, *names]):
                if os.path.islink(path):
                    self.assertTrue(os.path.realpath(path).startswith(SDK + os.sep), path)

    def test_shared_refused(self):
        """nacre-cc -shared is refused with one sentence"""
        status, out, err = try_run(self.command("nacre-cc"), "-shared", "-o", "x.so", "x.c", cwd=self.place)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\Anacre-cc: Nacre has no shared libraries: [^\n]+\.\n\Z")


if __name__ == "__main__":
    sys.exit(unittest.main())
