"""What makes an attack harder: how programs are compiled and linked (tool/check/hardening.py), and where they lie
(tool/check/aslr.py)."""

import subprocess

from check import WIDTHS, Check, Job, failed, passed, tail


def run_tool(name, command, last):
    """Passes when the command ends with 0 and its last line begins as it should."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    good = done.returncode == 0 and lines and lines[-1].startswith(last)
    return [passed(name) if good else failed(name, tail(done.stdout + done.stderr))]


def shipped(width):
    """The programs of the image with their symbols; others that lie there may be of an older build."""
    with open(f"build/rv{width}/image.files", encoding="utf-8") as file:
        paths = [word.partition("=")[2] for word in file.read().split() if "=" in word]
    return [f"{path}.elf" for path in [f"build/rv{width}/program/init", *paths] if path.startswith(f"build/rv{width}/program/")]


def files_job(width):
    name = f"hardening.files.rv{width}"
    folder = f"build/rv{width}"

    def run(_names):
        kernel = [f"{folder}/{part}.elf" for part in ("kernel", "boot")]
        return run_tool(name, ["tool/check/hardening.py", *shipped(width), "--kernel", *kernel],
                        f"hardening: {len(shipped(width)) + len(kernel)} files, ")

    return Job([Check(name, "no file that is shipped has a segment that is writable and executable; every program has RELRO, BIND_NOW, "
                            "relative relocations alone, and was compiled with stack protector and cleared variables")], run,
               goals=[(width, "image-parts"), (width, f"{folder}/kernel.elf"), (width, f"{folder}/boot.elf")],
               repeat=f"make test ONLY={name}")


def aslr_job(width):
    name = f"hardening.aslr.rv{width}"

    def run(_names):
        return run_tool(name, ["tool/check/aslr.py", "--width", str(width)], "aslr: image ")

    return Job([Check(name, "of a thousand starts, image, stack and mappings lie at places with the bits of chance that are aimed at")], run,
               goals=[(width, "image-base"), (width, f"build/rv{width}/program/test-aslr")], repeat=f"make aslr WIDTH={width}")


def jobs(width):
    return [make(one) for one in WIDTHS if width in (None, one) for make in (files_job, aslr_job)]
