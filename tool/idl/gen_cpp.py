"""gen_cpp.py - a protocol for C++20 without its library: classes over the stubs and skeletons in C, in two headers.

    generate(protocol) -> {"idl/NAME.hpp": text, "idl/NAME_server.hpp": text}

A Client asks; its handles close themselves, and what a method answers comes as nacre::result. A Server has a virtual
function for each method; a Listener one for each event. Nothing is encoded here: what travels is what the C stubs
make. Names of the header's own begin with a capital or end in an underscore, which no name of a protocol does.
"""

from gen_c_client import input_parameters
from gen_c_server import has_in
from gen_c_text import comment, explain, scalar, struct_name, wrapped
from model import FIRST_METHOD, Handle, Id, Run, StructRef

HEAD = """\
/* {file} - {what} of {name} for C++.
 * Made by tool/idl from {name}.nid, do not edit.
 *
 * Over idl/{name}_{side}.h, which says what parameters mean. Needs nacre.hpp (lang/cpp). */
#pragma once
#include "idl/{name}_{side}.h"
#include "nacre.hpp"
#include "nacre/startup.h"

namespace nacre::idl::{name} {{
"""
CLIENT = """\
class Client {{
public:
	Client() = default;
	/* On a connection that is known to speak the protocol. */
	explicit Client(nacre::handle &&connection) : connection_(nacre::move(connection)) {{}}

	/* Connects to what is published under a path, and asks whether it speaks this version, or at least that one. */
	static nacre::result<Client> connect(const char *path_, uint32_t version_ = {upper}_VERSION)
	{{
		nacre::handle made_;
		nacre_status_t status_ = {name}_connect_version(path_, version_, made_.out());

		return {{ status_, Client(nacre::move(made_)) }};
	}}

	nacre::handle connection_;
	/* When calls give up, absolute in ns of clock_now. */
	uint64_t deadline_ns_ = NACRE_DEADLINE_NEVER;
"""
NOTICES = """\
	/* The client's last handle went, and its badge is free again; a parked call of that badge ended; bits were set. */
	virtual void closed_(uintptr_t) {}
	virtual void cancelled_(uintptr_t) {}
	virtual void signalled_(uintptr_t, uintptr_t) {}
"""
SERVING = """\
	/* Serves a mailbox until it is gone; answers 0 then, or the error that stopped it. One at a time in a program. */
	int run_(nacre_handle_t mailbox_{default})
	{{
		static const {handlers} handlers_ = {{ {table} }};
		static const nacre_protocol protocol_ = {macro}(&handlers_);
		static uint64_t buffer_[({bytes} + 7) / 8];
		nacre_server server_ = {{}};

		server_.handle = mailbox_;
		server_.protocol = &protocol_;
		server_.buffer = buffer_;
		server_.buffer_size = sizeof(buffer_);
		server_.closed = [](uintptr_t badge_) {{ self_->closed_(badge_); }};
		server_.cancelled = [](uintptr_t badge_) {{ self_->cancelled_(badge_); }};
		server_.signalled = [](uintptr_t badge_, uintptr_t bits_) {{ self_->signalled_(badge_, bits_); }};
		self_ = this;
		return nacre_server_run(&server_);
	}}

protected:
	~{name}() = default;

private:
	static inline {name} *self_ = nullptr;
"""


# --- the client --------------------------------------------------------------------------------------------------

def member(protocol, each):
    """A member of a method's answer."""
    kind, name = each.type, each.name
    if isinstance(kind, Id):
        return f"uint32_t {name}[4] = {{}};"
    if isinstance(kind, StructRef):
        return f"{struct_name(protocol, kind)} {name} = {{}};"
    if isinstance(kind, Run):
        return f"size_t {name}_length = 0;"
    if isinstance(kind, Handle):
        return f"nacre::handle {name};"
    return f"{scalar(protocol, kind)} {name} = {{}};"


def answer(protocol, method):
    lines = []
    for each in method.outputs:
        note = method.doc.params.get(each.name)
        lines += [comment([note], "\t")] if note else []
        lines.append("\t" + member(protocol, each))
    return "\n".join([f"struct {answer_name(method)} {{", *lines, "};"])


def answer_name(method):
    return "".join(word.capitalize() for word in method.name.split("_")) + "Answer"


def rooms(method):
    """Where the runs of an answer go: parameters, behind all others."""
    return [part for each in method.outputs if isinstance(each.type, Run)
            for part in (f"{'void' if each.type.kind == 'bytes' else 'char'} *{each.name}", f"size_t {each.name}_room")]


def results(method):
    """Arguments of the C stub that take the answer."""
    found = []
    for each in method.outputs:
        kind, place = each.type, f"answer_.{each.name}"
        if isinstance(kind, Run):
            found += [each.name, f"{each.name}_room", f"&{place}_length"]
        else:
            found.append(f"{place}.out()" if isinstance(kind, Handle) else place if isinstance(kind, Id) else f"&{place}")
    return found


def asking(protocol, method):
    given = input_parameters(protocol, method)
    parameters = [text for text, _ in given] + rooms(method)
    arguments = ["connection_.get()", "deadline_ns_", *(name for _, name in given), *results(method)]
    answered = f"nacre::result<{answer_name(method)}>" if method.outputs else "[[nodiscard]] nacre_status_t"
    body = [wrapped(f"\t\treturn {protocol.name}_{method.name}_until(", arguments, ");", "\t\t\t")]
    if method.outputs:
        body = [f"\t\t{answer_name(method)} answer_;",
                wrapped(f"\t\tnacre_status_t status_ = {protocol.name}_{method.name}_until(", arguments, ");", "\t\t\t"), "",
                "\t\treturn { status_, nacre::move(answer_) };"]
    note = comment(explain(method.doc), "\t")
    lines = ["", *([note] if note else []), wrapped(f"\t{answered} {method.name}(", parameters, ") const", "\t\t"), "\t{", *body, "\t}"]
    if method.oneway:
        lines += ["", "\t/* Without waiting for an answer. */",
                  wrapped(f"\t[[nodiscard]] nacre_status_t {method.name}_send(", [text for text, _ in given], ") const", "\t\t"), "\t{",
                  wrapped(f"\t\treturn {protocol.name}_{method.name}_send(", ["connection_.get()", *(name for _, name in given)], ");",
                          "\t\t\t"), "\t}"]
    return lines


def client(protocol, methods):
    head = CLIENT.format(name=protocol.name, upper=protocol.name.upper())
    return "\n".join([head.rstrip("\n"), *(line for method in methods for line in asking(protocol, method)), "};"])


# --- the server --------------------------------------------------------------------------------------------------

def handed(protocol, message):
    """(type, name) of what a handler gets behind the request."""
    tag = f"{protocol.name}_{message.name}"
    found = [(f"const {tag}_in &", "in")] if has_in(message) else []
    return found + ([(f"{tag}_out &", "out")] if getattr(message, "outputs", []) else [])


def virtual(protocol, message):
    parameters = ["nacre_request &", *(kind for kind, _ in handed(protocol, message))]
    note = comment(explain(message.doc), "\t")
    head = wrapped(f"\tvirtual nacre_status_t {message.name}(", parameters, ") { return STATUS_METHOD; }", "\t\t")
    return [*([note] if note else []), head]


def entry(protocol, message):
    """A row of the C table of handlers: a function without a this, which knows the one server there is."""
    parts = handed(protocol, message)
    parameters = ["nacre_request *request_", *(kind.replace("&", "*") + name for kind, name in parts)]
    arguments = ", ".join(["*request_", *("*" + name for _, name in parts)])
    return f"[]({', '.join(parameters)}) {{ return self_->{message.name}({arguments}); }}"


def serving(protocol, name, messages, first, default, prefix):
    upper = protocol.name.upper()
    table = ",\n\t\t\t".join(first + [f".{each.name} = {entry(protocol, each)}" for each in messages])
    return SERVING.format(name=name, handlers=f"{protocol.name}_{'event_' if prefix else ''}handlers", table=f"\n\t\t\t{table}\n\t\t",
                          macro=f"{upper}_{prefix}SERVED_BY", bytes=f"{upper}_{prefix}BUFFER_BYTES", default=default)


CONNECT = """\
	/* A client asks for a connection of its own, by way of the name server; `process`: its number. */
	virtual nacre_status_t connect(nacre_request &, uint32_t, nacre::handle &) { return STATUS_METHOD; }"""
CONNECT_ENTRY = """\
.connect = [](nacre_request *request_, uint32_t process_, nacre_handle_t *connection_) -> nacre_status_t {
				nacre::handle made_;
				nacre_status_t status_ = self_->connect(*request_, process_, made_);

				*connection_ = made_.release();
				return status_;
			}"""


def server(protocol, methods):
    lines = ["/* A method that is not overridden is answered with METHOD. */", "class Server {", "public:", CONNECT]
    lines += [line for method in methods for line in virtual(protocol, method)]
    return "\n".join([*lines, NOTICES, serving(protocol, "Server", methods, [CONNECT_ENTRY], ' = nacre_startup_handle("server")', "")
                      .rstrip("\n"), "};"])


def listener(protocol):
    lines = ["/* The client's mailbox, where events arrive; what a function answers goes nowhere. */", "class Listener {", "public:"]
    lines += [line for event in protocol.events for line in virtual(protocol, event)]
    return "\n".join([*lines, NOTICES, serving(protocol, "Listener", protocol.events, [], "", "EVENTS_").rstrip("\n"), "};"])


def header(protocol, file, what, side, parts):
    head = HEAD.format(name=protocol.name, file=file, what=what, side=side).rstrip("\n")
    return "\n\n".join([head, *parts, f"}} // namespace nacre::idl::{protocol.name}"]) + "\n"


def generate(protocol):
    if protocol.common is None:
        return {}
    name, methods = protocol.name, [method for method in protocol.methods if method.number >= FIRST_METHOD]
    asks = [answer(protocol, method) for method in methods if method.outputs] + [client(protocol, methods)]
    asks += [listener(protocol)] if protocol.events else []
    return {f"idl/{name}.hpp": header(protocol, f"{name}.hpp", "the client's side", "client", asks),
            f"idl/{name}_server.hpp": header(protocol, f"{name}_server.hpp", "the server's side", "server", [server(protocol, methods)])}
