"""The papers: what pages name is there, their commands do what they say, their sessions come out as written.

docs.PAGE.names           links, paths, identifiers and make targets of a page (tool/doc/verify.py)
docs.PAGE.SECTION         commands of a section, run in a copy of the tree (tool/doc/play.py)
docs.PAGE.SECTION.rvNN    sessions of a section, typed at Nacre's shell in QEMU
docs.book.*               the book as a whole: complete, and it builds
doc/writing.md says what each kind of block means.
"""

import glob
import os
import re
import subprocess
import sys
import tomllib

from check import TOP, WIDTHS, Check, Job, failed, passed, tail

sys.path.insert(0, os.path.join(TOP, "tool/doc"))
import page as pages  # noqa: E402
import play  # noqa: E402
import verify  # noqa: E402


def key(path):
    """A page's word in the names of checks: README, shell, object_process; `index` for doc/README.md."""
    if path == "doc/README.md":
        return "index"
    return re.sub(r"\W", "_", path.removeprefix("doc/").removesuffix(".md").removesuffix("/README"))


def section_key(anchor):
    return anchor.replace("-", "_") or "top"


# --- what pages name ---------------------------------------------------------------------------------------------

def names_job():
    book = {path: f"docs.{key(path)}.names" for path in pages.book()}
    others = "docs.book.other_pages"

    def run(_):
        known = verify.identifiers()
        for path, name in book.items():
            faults = verify.faults(pages.read(path), known)
            yield failed(name, "\n".join(f"{path}, {fault}" for fault in faults)) if faults else passed(name)
        faults = [f"{path}, {fault}" for path in pages.pages() if path not in book
                  for fault in verify.link_faults(pages.read(path))]
        yield failed(others, "\n".join(faults)) if faults else passed(others)

    checks = [Check(name, f"every link, path, identifier and make target that {path} names is there")
              for path, name in book.items()]
    return Job([*checks, Check(others, "every link of the other README.md files leads somewhere")], run)


# --- what pages run ----------------------------------------------------------------------------------------------

def play_job(path, width, suffix):
    page = pages.read(path)
    names = {anchor: f"docs.{key(path)}.{section_key(anchor)}{suffix}" for anchor, _ in play.sections(page)}
    headings = dict(play.sections(page))

    def run(_):
        for anchor, faults in play.sections_run(page, width).items():
            if anchor in names:
                yield failed(names[anchor], "\n".join(faults)) if faults else passed(names[anchor])

    what = "what is typed there gives what the page shows"
    return Job([Check(name, f'{path}, "{headings[anchor]}": {what}') for anchor, name in names.items()], run,
               goals=[(width, "image")], repeat=f"tool/doc/play.py {path} {width}")


def play_jobs(width):
    """Pages that need a copy of the tree run once, on RV32 unless they say otherwise; pure sessions run on each width."""
    for path in pages.book():
        page = pages.read(path)
        if not play.sections(page) or path == "doc/tutorial.md":     # part_tutorial.py
            continue
        if play.needs_workspace(page):
            if width != 64:
                yield play_job(path, 32, "")
        else:
            yield from (play_job(path, each, f".rv{each}") for each in ([width] if width else WIDTHS))


# --- the book as a whole -----------------------------------------------------------------------------------------

def whole_job(name, sentence, faults):
    name = f"docs.book.{name}"

    def run(_):
        found = list(faults())
        yield failed(name, "\n".join(found)) if found else passed(name)

    return Job([Check(name, sentence)], run)


def targets_of(path):
    page = pages.read(path)
    return {os.path.normpath(os.path.join(os.path.dirname(path), link.text.partition("#")[0])) for link in page.links}


def index_faults():
    linked = targets_of("doc/README.md") | targets_of("doc/decision/README.md")
    return [f"doc/README.md does not lead to {path}" for path in pages.book()
            if path != "doc/README.md" and path not in linked]


def map_faults():
    files = re.findall(r"^\| *(\d+) *\| *\[`([^`]+)`\]", open("MAP.md", encoding="utf-8").read(), re.MULTILINE)
    if [int(number) for number, _ in files] != list(range(1, 21)):
        yield f"MAP.md numbers its files {', '.join(number for number, _ in files)}, not 1 to 20"
    if len({path for _, path in files}) != len(files):
        yield "MAP.md names a file twice"


def object_faults():
    with open("abi/objects.toml", "rb") as file:
        names = [entry["name"] for entry in tomllib.load(file)["object"]]
    return [f"{name} has no page doc/object/{name}.md" for name in names if not os.path.exists(f"doc/object/{name}.md")]


def server_faults():
    """A page may stand under the name of the protocol: the console's driver is called uart16550."""
    other = {"uart16550": "console", "goldfish-rtc": "rtc", "virtio-blk": "block", "virtio-net": "net",
             "virtio-rng": "rng", "virtio-gpu": "framebuffer", "virtio-input": "input", "virtio-console": "serial"}
    for path in ["server/init/", *sorted(glob.glob("server/*/manifest.toml") + glob.glob("driver/*/manifest.toml"))]:
        name = os.path.basename(os.path.dirname(path))
        if not os.path.exists(f"doc/server/{other.get(name, name)}.md"):
            yield f"{os.path.dirname(path)} has no page doc/server/{other.get(name, name)}.md"


def builtin_faults():
    with open("command/shell/builtin.c", encoding="utf-8") as file:
        builtins = re.findall(r'^\t\{ "(\w+)",', file.read(), re.MULTILINE)
    typed = {line.split()[1] for block in pages.read("doc/shell.md").blocks if play.is_session(block)
             for line in block.text.splitlines() if line.startswith("nacre> ") and len(line.split()) > 1}
    return [f"no session of doc/shell.md shows {name}" for name in builtins if name not in typed]


def part_faults():
    with open("tool/test/run.py", encoding="utf-8") as file:
        parts = re.findall(r'"(\w+)"', " ".join(re.findall(r"^(?:LONG_)?PARTS = \[(.*?)\]", file.read(), re.MULTILINE | re.DOTALL)))
    with open("doc/testing.md", encoding="utf-8") as file:
        told = re.findall(r"^\| `(\w+)` \|", file.read(), re.MULTILINE)
    return [f"doc/testing.md does not tell of the part {name}" for name in parts if name not in told] + \
           [f"doc/testing.md tells of a part {name} that is not there" for name in told if name not in parts]


def decision_faults():
    files = sorted(os.path.basename(path) for path in glob.glob("doc/decision/[0-9]*.md"))
    for number, name in enumerate(files, 1):
        if not name.startswith(f"{number:03}-"):
            yield f"doc/decision/{name} is out of order: the next number is {number:03}"
        wanted = ["What was decided", "Why", "What it costs"]
        headings = [text for _, text in pages.read(f"doc/decision/{name}").headings]
        if headings[1:1 + len(wanted)] != wanted:
            yield f"doc/decision/{name} must have the headings {', '.join(wanted)}"


def attempt_faults():
    """The table of doc/security.md: a row for each attack, each tried by a hostile program, and every test is there."""
    import run      # which imports this, but not while it runs
    there = {re.sub(r"\.rv\d\d$", "", check.name) for job in run.load(None) for check in job.checks}
    with open("doc/security.md", encoding="utf-8") as file:
        rows = re.findall(r"^\| (\d+) \|(.*)$", file.read(), re.MULTILINE)
    if [number for number, _ in rows] != [str(number) for number in range(1, 26)]:
        yield f"doc/security.md has the rows {', '.join(number for number, _ in rows)}, not 1 to 25"
    for number, row in rows:
        tests = re.findall(r"`(\w+\.[\w.]+)`", row)
        if not any(".hostile_" in test for test in tests):
            yield f"doc/security.md: no hostile program tries attempt {number}"
        yield from (f"doc/security.md, attempt {number}: there is no test {test}" for test in tests
                    if not any(f"{name}.".startswith(f"{test}.") for name in there))


def picture_faults():
    import picture
    return picture.faults("doc/picture/session.svg", "build/rv32/image")


def build_job():
    names = {"build": "docs.book.build", "links": "docs.book.links"}

    def run(_):
        done = subprocess.run(["tool/doc/book.py", "--check", "build/doc"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        yield passed(names["build"])
        yield failed(names["links"], tail(done.stderr)) if done.returncode else passed(names["links"])

    return Job([Check(names["build"], "make doc makes the book and the reference of system calls"),
                Check(names["links"], "every link inside the built book leads to a page and a place on it")], run,
               goals=[(32, "doc")])


def jobs(width):
    picture = whole_job("picture", "doc/picture/session.svg shows what a session still prints, but for numbers", picture_faults)
    picture.goals, picture.repeat = [(32, "image")], "make -f tool/make/build.mk doc-picture, and look at it"
    return [
        names_job(),
        whole_job("index", "doc/README.md leads to every page of the book", index_faults),
        whole_job("map", "MAP.md names twenty files, in order, each once", map_faults),
        whole_job("objects", "each of the kernel's object types has a page", object_faults),
        whole_job("servers", "each server and driver with a manifest has a page", server_faults),
        whole_job("builtins", "doc/shell.md has a session for each command of the shell", builtin_faults),
        whole_job("parts", "doc/testing.md tells of each part of the tests and of no other", part_faults),
        whole_job("attempts", "every attack of doc/security.md is tried by a hostile program, and every test named there exists",
                  attempt_faults),
        whole_job("decisions", "decisions are numbered without gaps and have the same parts", decision_faults),
        build_job(), picture, *play_jobs(width),
    ]
