"""sdk_project_test.py - projects as somebody outside has them: CMake, a plain Makefile, pkg-config, make install-sdk."""

import os
import sys
import tempfile
import unittest

from sdk_help import BARE, TOP, SdkTest, relocations, run, try_run

INPUT = "4 2 4 5 4 5 7 9\n"
SAID = "eight: 8 numbers from 2.00 to 9.00, mean 5.000, deviation 2.000\n"


class Project(SdkTest):
    """The projects of test/sdk, built far from the tree and run."""

    def check(self, program):
        """It runs with arguments and input, which the console echoes, and its status comes back."""
        self.assertLessEqual(relocations(program), {"R_RISCV_RELATIVE", "R_RISCV_NONE"})
        self.assertEqual(self.nacre(program, "eight", stdin=INPUT), INPUT + SAID)
        self.assertEqual(self.try_nacre(program)[0], 3)

    def check_cmake(self, width):
        self.copy("test/sdk/cmake")
        run("cmake", "-S", "cmake", "-B", "out", "-G", "Unix Makefiles", "-DCMAKE_BUILD_TYPE=MinSizeRel",
            f"-DCMAKE_TOOLCHAIN_FILE={self.sdk}/cmake/nacre{width}.cmake", cwd=self.place)
        run("cmake", "--build", "out", cwd=self.place)
        self.check(os.path.join(self.place, "out/statistics"))

    def test_cmake_32(self):
        """a CMake project with a library of its own builds with the toolchain file and runs, RV32"""
        self.check_cmake(32)

    def test_cmake_64(self):
        """a CMake project with a library of its own builds with the toolchain file and runs, RV64"""
        self.check_cmake(64)

    def check_make(self, width):
        self.copy("test/sdk/make")
        place = os.path.join(self.place, "make")
        run("make", f'CC="{self.command("nacre-cc")}" -m{width}', "AR=riscv64-unknown-elf-ar", cwd=place)
        self.check(os.path.join(place, "statistics"))

    def test_make_32(self):
        """a plain Makefile that is given CC and AR builds a program with a library of its own, which runs, RV32"""
        self.check_make(32)

    def test_make_64(self):
        """a plain Makefile that is given CC and AR builds a program with a library of its own, which runs, RV64"""
        self.check_make(64)

    def check_pkgconfig(self, width):
        """Its flags cannot have blanks in paths, so the SDK is reached by a link; the compiler is the stock one."""
        self.copy("test/sdk/make")
        os.symlink(self.sdk, os.path.join(self.place, "link"))
        env = {**BARE, "PKG_CONFIG_LIBDIR": os.path.join(self.place, f"link/lib{width}/pkgconfig")}
        cflags, libs = (run("pkg-config", what, "nacre", env=env).split() for what in ("--cflags", "--libs"))
        run("riscv64-unknown-elf-gcc", "-Os", *cflags, "-o", "statistics", "main.c", "sample.c", *libs,
            cwd=os.path.join(self.place, "make"))
        self.check(os.path.join(self.place, "make/statistics"))

    def test_pkgconfig_32(self):
        """pkg-config gives the stock compiler all the flags it needs, RV32"""
        self.check_pkgconfig(32)

    def test_pkgconfig_64(self):
        """pkg-config gives the stock compiler all the flags it needs, RV64"""
        self.check_pkgconfig(64)


class Install(unittest.TestCase):
    """make install-sdk, into a folder of its own."""

    def install(self, folder, *settings):
        run("make", "--no-print-directory", "DEPS=have", "install-sdk", *settings, cwd=TOP)
        return folder

    def test_install(self):
        """make install-sdk PREFIX= DESTDIR= installs commands that work where they end up"""
        with tempfile.TemporaryDirectory(prefix="nacre-install-") as folder:
            self.install(folder, "PREFIX=/usr/local", f"DESTDIR={folder}/stage")
            # As a package does: staged in one place, used in another.
            os.rename(f"{folder}/stage/usr/local", f"{folder}/final")
            with open(f"{folder}/hi.c", "w", encoding="utf-8") as file:
                file.write('#include <stdio.h>\nint main(void) { return puts("hi") < 0; }\n')
            run(f"{folder}/final/bin/nacre-cc", "-o", "hi", "hi.c", cwd=folder)
            self.assertEqual(run(f"{folder}/final/bin/nacre-run", "--seconds", "60", f"{folder}/hi"), "hi\n")
            self.assertEqual(sorted(os.listdir(f"{folder}/final")), ["bin", "lib"])

    def test_install_twice(self):
        """a second make install-sdk replaces the first, and leaves nothing of it"""
        with tempfile.TemporaryDirectory(prefix="nacre-install-") as folder:
            self.install(folder, f"PREFIX={folder}")
            with open(f"{folder}/lib/nacre-sdk/include/nacre/gone.h", "w", encoding="utf-8"):
                pass
            self.install(folder, f"PREFIX={folder}")
            self.assertFalse(os.path.exists(f"{folder}/lib/nacre-sdk/include/nacre/gone.h"))

    def test_install_needs_a_path(self):
        """a PREFIX that is no absolute path is refused with one sentence"""
        status, _, err = try_run("make", "--no-print-directory", "DEPS=have", "install-sdk", "PREFIX=here", cwd=TOP)
        self.assertNotEqual(status, 0)
        self.assertIn('PREFIX is an absolute path like /usr/local, not "here"', err)
        self.assertFalse(os.path.exists(os.path.join(TOP, "here")))


if __name__ == "__main__":
    sys.exit(unittest.main())
