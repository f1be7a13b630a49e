#!/usr/bin/python3
"""idl.py - the interface compiler: turns protocols (idl/*.nid, language in doc/interfaces.md) into what follows from them.

    idl.py FILE.nid ...                          only checks
    idl.py --out DIR --c --rust --cpp FILE.nid   stubs and skeletons: DIR/idl/NAME.h, NAME_client.h, NAME_server.h; NAME.rs;
                                                 idl/NAME.hpp
    idl.py --reference DIR FILE.nid ...          reference pages
    idl.py --decoder FILE.json FILE.nid ...      what tool/idl/decode.py and the tracer need
    idl.py --dictionary DIR FILE.nid ...         dictionary and grammar for fuzzers, for each protocol
    idl.py --hostile FILE.h FILE.nid ...         table of malformed messages, for test/target/interfaces.c
    idl.py --check-snapshot DIR FILE.nid ...     does an older client still work? DIR holds the last release
    idl.py --release DIR FILE.nid ...            make this the last release

Several can be asked for at once. Files are written only when their content changed. One module an output: model.py says
what a protocol is, layout.py where each parameter travels.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True      # nothing of the build lands in the source tree
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import parse  # noqa: E402
from model import InterfaceError  # noqa: E402

BACK_ENDS = {"c": "gen_c", "rust": "gen_rust", "cpp": "gen_cpp"}


def write_changed(path, text):
    """Writes the file unless it holds this text already; whoever reads meanwhile sees the old text or the new."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def write_all(folder, files):
    for name, text in files.items():
        write_changed(folder / name, text)


def back_end(name):
    try:
        return importlib.import_module(BACK_ENDS[name])
    except ModuleNotFoundError as error:
        if error.name != BACK_ENDS[name]:
            raise
        sys.exit(f"idl: nothing makes {name} yet: there is no tool/idl/{BACK_ENDS[name]}.py")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.nid")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where --c, --rust and --cpp write")
    for name in BACK_ENDS:
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--reference", type=Path, metavar="DIR")
    parser.add_argument("--decoder", type=Path, metavar="FILE")
    parser.add_argument("--dictionary", type=Path, metavar="DIR")
    parser.add_argument("--hostile", type=Path, metavar="FILE")
    parser.add_argument("--check-snapshot", type=Path, metavar="DIR")
    parser.add_argument("--release", type=Path, metavar="DIR")
    options = parser.parse_args()
    if any(getattr(options, name) for name in BACK_ENDS) and not options.out:
        parser.error("--c, --rust and --cpp want --out DIR")
    return options


def run(options):
    """Does what the options ask for; returns the exit status."""
    protocols = parse.load_all(options.files)
    for name in BACK_ENDS:
        if getattr(options, name):
            generate = back_end(name).generate
            for protocol in protocols:
                write_all(options.out, generate(protocol))
    if options.reference:
        write_all(options.reference, importlib.import_module("reference").pages(protocols))
    if options.decoder:
        write_changed(options.decoder, importlib.import_module("decoder").generate(protocols))
    if options.dictionary:
        write_all(options.dictionary, importlib.import_module("dictionary").generate(protocols))
    if options.hostile:
        write_changed(options.hostile, importlib.import_module("hostile").header(protocols))
    failed = False
    if options.check_snapshot:
        failed |= importlib.import_module("snapshot").check(protocols, options.check_snapshot)
    if options.release:
        failed |= importlib.import_module("snapshot").release(protocols, options.release)
    return 1 if failed else 0


def main():
    try:
        return run(arguments())
    except InterfaceError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
