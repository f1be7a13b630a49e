#!/usr/bin/python3
"""source.py - third-party source: from Debian's source packages to a folder of the build, checked on the way.

    source.py fetch PORT             sees that they are there; asks apt for them only when not
    source.py unpack PORT FOLDER     checks them, unpacks them with Debian's patches and then ours, whole or not at all

port/PORT/source.toml names package, version, each file with its SHA-256, and who needs it: `make run` or only
`make test` (tool/setup/setup reads that, line by line). Patches of ours are port/PORT/*.patch; what upstream's own build would generate,
port/PORT/prepare generates, in the unpacked folder.
The cache lies outside the tree (${XDG_CACHE_HOME:-~/.cache}/nacre/source), so a second clone needs no network.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib

PORTS = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "nacre/source")
KEYS = {"package", "version", "group", "sha256"}


class Trouble(Exception):
    """What went wrong, as one sentence that says what to do."""


def recipe(port):
    path = os.path.join(PORTS, port, "source.toml")
    try:
        with open(path, "rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        raise Trouble(f"there is no port {port}: port/{port}/source.toml is not there.") from None
    if set(found) != KEYS:
        raise Trouble(f"port/{port}/source.toml: its keys must be {', '.join(sorted(KEYS))}.")
    return found


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def absent(port):
    return [name for name in recipe(port)["sha256"] if not os.path.exists(os.path.join(CACHE, name))]


def check(port, folder):
    """Each file of the recipe is in the folder and is what the recipe was written for."""
    for name, wanted in recipe(port)["sha256"].items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            raise Trouble(f"{port}: {name} did not come; port/{port}/source.toml names another file than Debian's archive.")
        if sha256(path) != wanted:
            raise Trouble(f"{port}: {path} is not the file this port was made for (SHA-256 {wanted}); delete it, "
                          "so that it is fetched again.")


def quietly(command, folder, sentence):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
        raise Trouble(sentence)


def fetch(port):
    """Downloaded beside the cache, and moved into it file by file once all of it is right."""
    missing = absent(port)
    if not missing:
        return
    wanted = recipe(port)
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".fetch-") as folder:
        quietly(["apt-get", "-q", "source", "--download-only", "--only-source", f"{wanted['package']}={wanted['version']}"],
                folder, f"{port}: apt did not fetch the source package {wanted['package']} {wanted['version']}; call `make setup`, "
                f"which adds a deb-src entry for it, or put {' and '.join(missing)} into {CACHE}.")
        check(port, folder)
        for name in wanted["sha256"]:
            os.replace(os.path.join(folder, name), os.path.join(CACHE, name))


def patches(port):
    return sorted(glob.glob(os.path.join(PORTS, port, "*.patch")))


def unpack(port, out):
    fetch(port)
    check(port, CACHE)
    description = next(name for name in recipe(port)["sha256"] if name.endswith(".dsc"))
    work = os.path.abspath(out) + ".work"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.dirname(work), exist_ok=True)
    # The signature in the .dsc is apt's to check; here the checksum stands for it.
    quietly(["dpkg-source", "--no-check", "-x", os.path.join(CACHE, description), work], ".",
            f"{port}: dpkg-source could not unpack {description}.")
    for path in patches(port):
        quietly(["patch", "-p1", "--fuzz=0", "-i", path], work, f"{port}: {os.path.relpath(path)} does not apply.")
    prepare = os.path.join(PORTS, port, "prepare")
    if os.path.exists(prepare):
        quietly([prepare], work, f"{port}: port/{port}/prepare failed.")
    shutil.rmtree(out, ignore_errors=True)
    os.rename(work, out)


def main():
    verb, *words = sys.argv[1:] or [""]
    if verb == "fetch" and len(words) == 1:
        fetch(*words)
    elif verb == "unpack" and len(words) == 2:
        unpack(*words)
    else:
        raise Trouble("usage: source.py fetch PORT | unpack PORT FOLDER")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        sys.exit(f"port: {trouble}")
