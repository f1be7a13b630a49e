"""The tutorial, as a reader does it: in an empty folder, with a copy of the SDK and nothing else, on both widths.

tutorial.SECTION.rvNN    the commands and files of a section of doc/tutorial.md; the blocks mean what doc/writing.md says
"""

import os
import shutil
import sys
import tempfile

from check import TOP, WIDTHS, Check, Job, failed, passed

sys.path.insert(0, os.path.join(TOP, "tool/doc"))
import page as pages  # noqa: E402
import play  # noqa: E402
import workspace  # noqa: E402

PAGE = "doc/tutorial.md"
SDK = "build/sdk"


class Reader(workspace.Workspace):
    """An empty folder; commands find the SDK's on their path, and nothing that the tree sets. core for Rust is kept in
    the build folder from run to run, which is where nacre-rustc would find it the second time."""

    def __init__(self, width):
        self.width = width

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nacre-tutorial-")
        self.top = os.path.join(self.folder.name, "work")
        os.mkdir(self.top)
        self.sdk = os.path.join(self.folder.name, "sdk")
        shutil.copytree(os.path.join(TOP, SDK), self.sdk, symlinks=True)
        return self

    def environment(self):
        return {"PATH": f"{self.sdk}/bin:/usr/bin:/bin", "HOME": self.folder.name, "LC_ALL": "C.UTF-8",
                "NACRE_WIDTH": str(self.width), "XDG_CACHE_HOME": os.path.join(TOP, "build/cache")}


def run_page(width):
    """{anchor: faults} of the page's sections."""
    page = pages.read(PAGE)
    found = {anchor: [] for anchor, _ in play.sections(page)}
    with Reader(width) as place:
        runner = play.Runner(width, place)
        for block in page.blocks:
            faults = runner.block_run(block)
            if faults and not found.setdefault(block.anchor, []):
                found[block.anchor] = faults
    return found


def job(width):
    names = {anchor: f"tutorial.{anchor.replace('-', '_').replace(',', '')}.rv{width}"
             for anchor, _ in play.sections(pages.read(PAGE))}
    headings = dict(play.sections(pages.read(PAGE)))

    def run(_):
        for anchor, faults in run_page(width).items():
            if anchor in names:
                yield failed(names[anchor], "\n".join(faults)) if faults else passed(names[anchor])

    sentence = "with only the SDK, what is typed gives what the page shows"
    return Job([Check(name, f'{PAGE}, "{headings[anchor]}": {sentence}') for anchor, name in names.items()], run,
               goals=[(width, "sdk")])


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
