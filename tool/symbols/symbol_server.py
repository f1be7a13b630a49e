#!/usr/bin/python3
"""symbol_server.py - Debian's debuginfod over the symbols of every image that was built here, for this machine alone (`make symbols`).

    symbol_server.py [--port 8002]        serves build/symbols until it is interrupted
    symbol_server.py --keep FILE.elf ...  puts files there, by their build IDs; what lies there already stays

So a core or a report of an image that was built last week still finds its program: gdb asks by the build ID. Only `make clean`
throws them away. debuginfod listens for everybody; loopback.c, preloaded, makes it listen for this machine.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "tool/image"))
import build_id  # noqa: E402

FOLDER, PRELOAD, PORT, RESCAN_SECONDS, HEAD = "build/symbols", "build/host/loopback.so", 8002, 5, 1 << 16
PR_SET_PDEATHSIG = 1


def link(path, place):
    """The linker makes a new file each time, so a link to this one stays as it is."""
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place + ".new")
        os.replace(place + ".new", place)


def keep(paths, folder=FOLDER):
    """A file of a build ID never changes, so one that is there is right."""
    for path in paths:
        with open(path, "rb") as file:
            ident = build_id.of(file.read(HEAD))
        if not ident:
            continue
        place = f"{folder}/{ident[:2]}/{ident[2:]}.elf"
        if not os.path.exists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            link(path, place)


def environment(port):
    """What gdb needs to find this server."""
    return {"DEBUGINFOD_URLS": f"http://127.0.0.1:{port}"}


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def start(port, folder=FOLDER, **more):
    """debuginfod as a process that ends with this one."""
    os.makedirs(folder, exist_ok=True)
    words = ["debuginfod", "-F", "-p", str(port), "-d", f"{folder}/index.sqlite", "-t", str(RESCAN_SECONDS), "-c", "1", folder]
    return subprocess.Popen(words, env={**os.environ, "LD_PRELOAD": os.path.abspath(PRELOAD)}, preexec_fn=die_with_parent,
                            stdin=subprocess.DEVNULL, **more)


def serve(port):
    server = start(port, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"Symbols of all images built here, on this machine alone; Ctrl-C ends it. In another terminal:\n"
          f"  export DEBUGINFOD_URLS={environment(port)['DEBUGINFOD_URLS']}", flush=True)
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return 0


def main():
    parser = argparse.ArgumentParser(description="Serves the symbols of images that were built here.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--keep", nargs="+", metavar="FILE", help="put these there")
    args = parser.parse_args()
    os.chdir(TOP)
    if args.keep:
        return keep(args.keep)
    if serve(args.port):
        sys.exit(f"symbols: debuginfod ended; is port {args.port} taken? PORT=8003 takes another.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
