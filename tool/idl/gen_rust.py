"""gen_rust.py - a protocol as a Rust module: types, client, server (doc/interfaces.md says what travels, doc/rust.md how
it is used). The module needs the crate nacre and nothing else; it encodes and decodes by itself.

    generate(protocol) -> {"NAME.rs": text}

rust_types.py has the types and how each parameter is taken out of a message and put into one; rust_client.py and
rust_server.py the two sides. Names of the protocol's own that would meet in Rust are refused here.
"""

import rust_client
import rust_server
from model import InterfaceError
from rust_types import camel, documented, types

HEAD = """\
//! {title} Generated from {file}, do not edit.
//!
//! [`Client`] asks a server, [`Server`] is what one does, [`serve`] runs it.

#![allow(dead_code, unused_imports, unused_variables, unused_mut, clippy::all)]

use nacre::server;
use nacre::wire::{{self, Integer as _}};

/// The protocol's number.
pub const PROTOCOL: u32 = {number:#x};
/// Its version, major << 16 | minor.
pub const VERSION: u32 = {version:#x};
"""
# Types that the module has of itself, and those of the language that it uses. Everything else is named with its path, and
# variables of the stubs' own end in an underscore, which no name of a protocol does.
OWN = ["Client", "Server", "Skeleton", "Listener", "Listening", "Option", "Self"]


def check_names(protocol):
    """Rust spells types without underscores, so that names may meet that differ elsewhere."""
    seen = {name: "a name of the stubs" for name in OWN}
    made = [(camel(each.name), each) for each in [*protocol.enums, *protocol.structs]]
    made += [(camel(each.name) + end, each) for each in protocol.methods if len(each.outputs) > 1 for end in ("Answer", "Reply")]
    for name, each in made:
        if name in seen:
            raise InterfaceError(each.place, f"`{each.name}` becomes `{name}` in Rust, which is {seen[name]} already",
                                 "choose another name")
        seen[name] = f"made of `{each.name}`"
    for enum in protocol.enums:
        values = {}
        for value in enum.values:
            other = values.setdefault(camel(value.name), value)
            if (other is not value or camel(value.name) == "Self") and not enum.flags:
                raise InterfaceError(value.place, f"`{value.name}` and `{other.name}` become `{camel(value.name)}` in Rust",
                                     "choose another name")


def constants(protocol):
    lines = []
    for each in protocol.constants:
        kind = "usize" if each.value < 1 << 32 else "u64"
        lines += [*documented(each.doc.text), f"pub const {each.name}: {kind} = {each.value:#x};"]
    for each in protocol.errors:
        lines += [*documented(each.sentence[0].upper() + each.sentence[1:] + "."),
                  f"pub const {each.name}: nacre::Error = nacre::Error::new({each.number});"]
    for each in protocol.signals:
        lines += [*documented(each.doc.text or "A signal."), f"pub const SIGNAL_{each.name}: usize = {each.bit:#x};"]
    return "\n".join(lines)


def sentences(protocol):
    rows = [f'        {each.name} => "{each.sentence}",' for each in protocol.errors]
    return "\n".join(["/// An error of this protocol or of any, in words.", "pub fn sentence(error: nacre::Error) -> &'static str {",
                      "    match error {", *rows, "        other => other.sentence(),", "    }", "}"])


def generate(protocol):
    if protocol.common is None:
        return {}
    check_names(protocol)
    first = protocol.doc.text.split("\n\n")[0].replace("\n", " ") or protocol.name
    file = protocol.place.file.rsplit("/", 1)[-1]
    head = HEAD.format(title=first, file=file, number=protocol.number, version=protocol.version_number())
    parts = [head.strip(), constants(protocol), sentences(protocol), types(protocol), rust_client.client(protocol),
             rust_server.server(protocol), rust_client.events(protocol), rust_server.listener(protocol)]
    return {f"{protocol.name}.rs": "\n\n".join(filter(None, parts)) + "\n"}


def statuses(common):
    """status.rs of the crate nacre: what every server may answer beyond the kernel's errors."""
    lines = [f"//! What servers answer beyond the kernel's errors. Generated from {common.place.file.rsplit('/', 1)[-1]}, do not edit.",
             "", "use crate::Error;", ""]
    for each in common.errors:
        lines += [*documented(each.sentence[0].upper() + each.sentence[1:] + "."),
                  f"pub const {each.name}: Error = Error::new({each.number});"]
    for each in common.constants:
        lines += [*documented(each.doc.text), f"pub const {each.name}: usize = {each.value:#x};"]
    return "\n".join(lines) + "\n"


def index(protocols):
    """idl.rs of the crate nacre: the protocols of the system's own servers."""
    lines = ["//! The protocols of the system's servers. Generated, do not edit.", ""]
    for each in sorted(protocols, key=lambda protocol: protocol.name):
        lines += [f'#[path = "idl/{each.name}.rs"]', f"pub mod {each.name};"]
    return "\n".join(lines) + "\n"
