#!/usr/bin/python3
"""gen_link.py - a protocol's client stubs as functions that can be linked, for languages that cannot include C headers.

    gen_link.py --out DIR FILE.nid ...     DIR/NAME_link.c: stub_NAME_METHOD for each NAME_METHOD of idl/NAME_client.h

The stubs for C are inline. Ada, D, and whatever else can call C, import these: same parameters, same order, and a status
as the answer. Handles are uint32_t, sizes are size_t, an enum is an int, a bool a byte; structs lie as in idl/NAME.h.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True      # nothing of the build lands in the source tree

import parse  # noqa: E402
from gen_c_client import input_parameters, output_parameters  # noqa: E402
from gen_c_text import wrapped  # noqa: E402
from model import FIRST_METHOD, InterfaceError  # noqa: E402

HEAD = """\
/* {name}_link.c - stubs of {name} as functions that can be linked: for languages that cannot include headers of C.
 * Made by tool/idl from {name}.nid, do not edit. */
#include "idl/{name}_client.h"

nacre_status_t stub_{name}_connect(const char *path_, nacre_handle_t *connection_);
nacre_status_t stub_{name}_connect(const char *path_, nacre_handle_t *connection_)
{{
	return {name}_connect(path_, connection_);
}}
"""


def function(protocol, name, parameters):
    parts = [f"nacre_handle_t {protocol.name}", *(text for text, _ in parameters)]
    head = wrapped(f"nacre_status_t stub_{protocol.name}_{name}(", parts, ")", "\t\t")
    call = wrapped(f"\treturn {protocol.name}_{name}(", [protocol.name, *(name for _, name in parameters)], ");", "\t\t")
    return f"{head};\n{head}\n{{\n{call}\n}}\n"


def generate(protocol):
    parts = [HEAD.format(name=protocol.name)]
    for method in protocol.methods:
        if method.number < FIRST_METHOD:
            continue
        given = input_parameters(protocol, method)
        parts.append(function(protocol, method.name, given + output_parameters(protocol, method)))
        if method.oneway:
            parts.append(function(protocol, f"{method.name}_send", given))
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.nid")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    try:
        protocols = [protocol for protocol in parse.load_all(options.files) if protocol.common]
    except InterfaceError as error:
        print(error, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for protocol in protocols:
        (options.out / f"{protocol.name}_link.c").write_text(generate(protocol), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
