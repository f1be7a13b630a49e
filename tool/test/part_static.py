"""What compilers and analysers say: every room by gcc and by clang, on both widths, and by clang-tidy and cppcheck.

All of this is make's work, file by file with stamps, so that a second run is quick; what is found shows while it
builds. Analysis runs on RV32 only: the widths differ in a few dozen lines, which both compilers see.
"""

from check import WIDTHS, Check, Job, passed

COMPILED = [
    ("gcc.kernel", "image-base", "gcc compiles and links boot and both kernels without a warning"),
    ("gcc.programs", "programs", "gcc compiles and links every program without a warning"),
    ("clang.boot", "clang-boot", "clang and lld take boot without a warning"),
    ("clang.kernel", "clang-kernel", "clang and lld take the kernel without a warning"),
    ("clang.programs", "clang-programs", "clang and lld take every program without a warning"),
]
ANALYSED = [(f"{tool}.{room}", f"{tool}-{room}", f"{word} finds nothing in {what}")
            for tool, word in (("tidy", "clang-tidy"), ("cppcheck", "cppcheck"))
            for room, what in (("boot", "boot/"), ("kernel", "kernel/ and base/"), ("user", "libraries and programs"))]


def job(width, name, goal, sentence):
    """Passes once its goal is built: what could not be built has failed before this runs."""
    name = f"static.{name}.rv{width}"
    return Job([Check(name, sentence)], lambda _: [passed(name)], goals=[(width, goal)],
               repeat=f"make -f tool/make/build.mk WIDTH={width} {goal}")


def jobs(width):
    found = [job(each, *row) for each in ([width] if width else WIDTHS) for row in COMPILED]
    return found + [job(32, *row) for row in ANALYSED if width != 64]
