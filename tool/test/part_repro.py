"""Reproducibility: a build in another folder gives the same bytes, and no binary knows where it was built."""

import glob
import os
import shutil
import subprocess
import tempfile

from check import TOP, WIDTHS, Check, Job, failed, passed, tail

LEFT_OUT = ("./.git", "./build")


def built(folder, width):
    """What is compared, as paths from the folder: the image and all that went into it, with symbols."""
    patterns = ("image", "kernel.elf", "kernel-test.elf", "boot.elf", "program/*")
    paths = [path for pattern in patterns for path in glob.glob(f"{folder}/build/rv{width}/{pattern}")]
    return sorted(os.path.relpath(path, folder) for path in paths if not path.endswith(".d"))


def build_elsewhere(folder, width):
    """Copies the tree to the folder and builds it there, without ccache, which would hand out our own objects; the C
    library is taken along. Returns the output if that failed."""
    shutil.copytree(".", folder, symlinks=True,
                    ignore=lambda place, names: [name for name in names if os.path.join(place, name) in LEFT_OUT])
    shutil.copytree(f"build/newlib{width}", f"{folder}/build/newlib{width}")
    done = subprocess.run(["make", f"-j{os.cpu_count()}", "-f", "tool/make/build.mk", f"WIDTH={width}", "image",
                           "image-base", "programs"], cwd=folder, env={**os.environ, "CCACHE_DISABLE": "1"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return tail(done.stdout) if done.returncode else ""


def same(path, other):
    with open(path, "rb") as one, open(other, "rb") as two:
        return one.read() == two.read()


def folder_job(width):
    name = f"repro.folder.rv{width}"

    def run(_):
        with tempfile.TemporaryDirectory(prefix="nacre-elsewhere-") as place:
            folder = os.path.join(place, "another/folder")
            wrong = build_elsewhere(folder, width)
            ours, theirs = built(".", width), built(folder, width)
            differ = [path for path in ours if path in theirs and not same(path, os.path.join(folder, path))]
            differ += sorted(set(theirs) - set(ours))
        if wrong or differ:
            yield failed(name, wrong or "these differ:\n" + "\n".join(differ))
        else:
            yield passed(name)

    return Job([Check(name, "a build in another folder, without ccache, gives the same image and programs byte for byte")],
               run, goals=[(width, goal) for goal in ("image", "image-base", "programs")], alone=True)


def path_job(width):
    name = f"repro.path.rv{width}"

    def run(_):
        libraries = glob.glob(f"build/newlib{width}/lib/*.a") + glob.glob(f"build/rv{width}/lib/*.a")
        knowing = []
        for path in built(".", width) + libraries:
            with open(path, "rb") as file:
                if TOP.encode() in file.read():
                    knowing.append(path)
        yield failed(name, f"{TOP} stands in:\n" + "\n".join(knowing)) if knowing else passed(name)

    return Job([Check(name, "no binary and no library contains the path it was built in")], run,
               goals=[(width, goal) for goal in ("image", "image-base", "programs")])


def jobs(width):
    return [make(each) for make in (path_job, folder_job) for each in ([width] if width else WIDTHS)]
