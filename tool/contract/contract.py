#!/usr/bin/python3
"""contract.py - turns the kernel's contract (abi/*.toml) into everything that follows from it.

    contract.py --out build/gen                    headers, stubs, dispatch table, contract.json
    contract.py --reference DIR                    reference pages
    contract.py --check-snapshot abi/released      is the contract compatible with the last release?
    contract.py --release abi/released             make this contract the last release
    contract.py --report-errors test/host/*.c ...  which test provokes which error of which call

Several can be asked for at once. Files are written only when their content changed, so that make does not
build the world again. One module per output; model.py says what a contract is, source.py reads and checks it.
"""
import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True      # nothing of the build lands in the source tree

import catalog
import coverage
import dispatch
import handle_table
import header
import reference
import rust
import snapshot
import source
import stubs
from model import ContractError
from text import write_changed

ABI = Path(os.path.relpath(Path(__file__).resolve().parents[2] / "abi"))

GENERATED = {
    "abi/nacre_abi.h": header.public,
    "abi/nacre_calls.h": stubs.generate,
    "kernel/contract.h": header.kernel,
    "kernel/syscalls.h": dispatch.prototypes,
    "kernel/dispatch.h": dispatch.declarations,
    "kernel/dispatch.c": dispatch.table,
    "kernel/names.h": dispatch.names_header,
    "kernel/names.c": dispatch.names,
    "test/handle_errors.h": handle_table.generate,
    "rust/abi.rs": rust.generate,
    "contract.json": catalog.generate,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--abi", type=Path, default=ABI,
                        help="folder of the contract (default: abi/ of this tree)")
    parser.add_argument("--out", type=Path, help="write the generated sources below this folder")
    parser.add_argument("--reference", type=Path, help="write the reference pages into this folder")
    parser.add_argument("--check-snapshot", type=Path, help="compare with the release in this folder")
    parser.add_argument("--release", type=Path, help="write the contract into this folder as the last release")
    parser.add_argument("--report-errors", type=Path, nargs="*", metavar="SOURCE", help="C sources of tests")
    return parser.parse_args()


def write_all(folder, files):
    for name, text in files.items():
        write_changed(folder / name, text)


def run(options):
    """Does what the options ask for; returns the exit status."""
    contract = source.load(options.abi)
    failed = False
    if options.out:
        write_all(options.out, {name: make(contract) for name, make in GENERATED.items()})
    if options.reference:
        write_all(options.reference, reference.pages(contract))
    if options.check_snapshot:
        failed |= snapshot.check(contract, options.check_snapshot)
    if options.release:
        failed |= snapshot.release(contract, options.abi, options.release)
    if options.report_errors is not None:
        failed |= coverage.report(contract, options.report_errors)
    return 1 if failed else 0


def main():
    try:
        return run(arguments())
    except ContractError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
