#!/usr/bin/python3
"""rust_crate.py - the parts of the Rust crate nacre that come from interfaces.

    rust_crate.py --out DIR FILE.nid ...     DIR/status.rs, DIR/idl.rs, and DIR/idl/NAME.rs for each protocol
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True      # nothing of the build lands in the source tree

import gen_rust  # noqa: E402
import parse  # noqa: E402
from model import InterfaceError  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.nid")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    try:
        protocols = [protocol for protocol in parse.load_all(options.files) if protocol.common]
        made = {"status.rs": gen_rust.statuses(parse.common()), "idl.rs": gen_rust.index(protocols)}
        for protocol in protocols:
            made |= {f"idl/{protocol.name}.rs": text for text in gen_rust.generate(protocol).values()}
    except InterfaceError as error:
        print(error, file=sys.stderr)
        return 1
    for name, text in made.items():
        path = options.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
