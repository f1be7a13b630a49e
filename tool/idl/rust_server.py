"""rust_server.py - the server's side of a protocol in Rust: a trait with a function for each method, and the skeleton
that checks a request whole before it calls one, and puts the answer together. Events arrive the same way at a client."""

from layout import layout_of
from model import COPY_BYTES, FIRST_METHOD, Handle, Loan, Run, StructRef
from rust_client import answer_type, documentation
from rust_types import block, camel, documented, handle_type, plain, rights, run_take, run_type, words_put, words_take

GROWN_BYTES = 64                # of newer fields that a request may bring to be refused
HANDED_ON = """\
    fn notices(&mut self) -> &mut dyn server::Notices {
        &mut self.0
    }"""
CONNECT = """\
    /// A client asks for a connection of its own, by way of the name server. `process`: its number, as init gave it out.
    fn connect(&mut self, _call: &mut server::Call<'_>, _process: u32) -> nacre::Result<nacre::Connection> {
        Err(nacre::status::METHOD)
    }"""


# --- the trait ---------------------------------------------------------------------------------------------------

def parameter_in(parameter):
    """A parameter of the handler."""
    name, kind = parameter.name, parameter.type
    if isinstance(kind, Run):
        return f"{name}: {run_type(kind)}"
    if isinstance(kind, Loan):
        return f"{name}: server::Loan"
    if isinstance(kind, Handle):
        return f"{name}: Option<{handle_type(kind)}>" if kind.optional else f"{name}: {handle_type(kind)}"
    return f"{name}: {plain(kind)}"


def reply_type(parameter):
    """Of a run the handler answers the length; the bytes it has put into `room_`."""
    return "usize" if isinstance(parameter.type, Run) else answer_type(parameter)


def replies(method):
    if len(method.outputs) > 1:
        return f"{camel(method.name)}Reply"
    return reply_type(method.outputs[0]) if method.outputs else "()"


def reply_struct(method):
    if len(method.outputs) < 2:
        return []
    fields = []
    for each in method.outputs:
        fields += [*documented(each.doc or ("Bytes in `room_`." if isinstance(each.type, Run) else "")),
                   f"pub {each.name}: {reply_type(each)},"]
    return [f"/// What a server answers to `{method.name}`.", "#[derive(Debug)]", *block(f"pub struct {replies(method)} {{", fields), ""]


def run_of(method):
    return next((each for each in getattr(method, "outputs", []) if isinstance(each.type, Run)), None)


def handler(message):
    parameters = ["&mut self", "call_: &mut server::Call<'_>", *(parameter_in(each) for each in message.inputs)]
    if run_of(message):
        parameters.append("room_: &mut [u8]")
    answer = f" -> nacre::Result<{replies(message)}>" if hasattr(message, "outputs") else ""
    return [*documentation(message), f"fn {message.name}({', '.join(parameters)}){answer};"]


# --- the skeleton ------------------------------------------------------------------------------------------------

def checked(message):
    """Statements that take a request apart; what does not fit ends them."""
    layout = layout_of(message)
    side, lines = layout.request, []
    lines.append(f"call_.shape({side.handles_min}, {len(side.handles)}, {'true' if side.loan else 'false'})?;")
    if side.copied:
        lines.append("let data_ = call_.data;")
    if side.prefix:
        lines.append("let (size_, data_) = wire::two_runs(data_)?;")
    if side.struct:
        lines.append(f"let (fixed_, data_) = wire::fixed::<{{ {plain(side.struct.type)}::BYTES }}>(data_, {plain(side.struct.type)}::LEAST)?;")
    if side.struct:
        lines += [f"wire::reserved(&fixed_[{each.offset}..{each.offset + each.type.bytes}])?;"
                  for each in side.struct.type.struct.fields if each.name == "reserved"]
    if side.prefix:
        lines.append("let (first_, data_) = wire::split(data_, size_ as usize)?;")
    if side.copied and not side.runs:
        lines.append("wire::run(data_, 0, 0)?;")
    elif not side.copied:
        lines.append("wire::run(call_.data, 0, 0)?;")
    first = {id(parameter): word for parameter, word in side.words}
    for each in message.inputs:
        lines.append(f"let {each.name} = {taken(each, side, first.get(id(each)))};")
    return lines


def taken(parameter, side, first):
    kind = parameter.type
    if isinstance(kind, StructRef):
        return f"{plain(kind)}::of(&fixed_, false)?"
    if isinstance(kind, Run):
        return run_take(kind, "first_" if side.prefix and parameter is side.runs[0] else "data_")
    if isinstance(kind, Loan):
        return f"call_.take_loan(call_.words.word[{first}], {kind.min}, {kind.max}, {'true' if kind.writable else 'false'})?"
    if isinstance(kind, Handle):
        # A moved memory comes behind all handles, whatever its place among the parameters.
        sent = [each for each in side.handles if not each.type.moved]
        index = "call_.handle_count - 1" if kind.moved else str(sent.index(parameter))
        taking = f"call_.take_handle::<{handle_type(kind)}>({index}, {handle_type(kind)}::OBJECT, {rights(kind)})?"
        if kind.optional:
            count = f"call_.handle_count - {int(any(each.type.moved for each in side.handles))}"
            return f"if {index} < {count} {{ Some({taking}) }} else {{ None }}"
        return taking
    return words_take(kind, "call_.words.word", first)


def room(layout, source):
    """Expressions: bytes that the caller has for the struct, and for the run."""
    side = layout.answer
    struct = f"{plain(side.struct.type)}::BYTES" if side.struct else ""
    if side.struct and side.runs:
        return f"{source}.struct_room({struct})?", f"{source}.room_behind({side.runs[0].type.max})?"
    if side.struct:
        return f"{source}.room(0, {struct})?", "0"
    return "0", f"{source}.room({side.runs[0].type.min}, {side.runs[0].type.max})?"


def put(method, value):
    """Statements that put what the handler answered into `reply`; bytes of a run are there already, behind the struct."""
    layout = layout_of(method)
    side, lines = layout.answer, []
    first = {id(parameter): word for parameter, word in side.words}
    for each in method.outputs:
        name = f"{value}.{each.name}" if len(method.outputs) > 1 else value
        kind = each.type
        if isinstance(kind, StructRef):
            lines.append(f"reply_.fixed(&{name}.bytes(), struct_room_);")
        elif isinstance(kind, Run):
            lines.append(f"reply_.run({name}, run_room_);")
        elif isinstance(kind, Handle):
            index = side.handles.index(each)
            lines.append(f"reply_.handles[{index}] = {name}.map(Into::into);" if kind.optional else
                         f"reply_.handles[{index}] = Some({name}.into());")
        else:
            lines += [f"reply_.word[{word}] = {expression};" for word, expression in words_put(kind, name, first[id(each)])]
    # The struct goes first, as its size says where the run begins.
    return sorted(lines, key=lambda line: "reply_.run(" in line)


def served(method):
    """The skeleton of one method."""
    layout = layout_of(method)
    lines = checked(method)
    if layout.answer.copied:
        struct, run = room(layout, "call_")
        lines.append(f"let (struct_room_, run_room_) = ({struct}, {run});")
    names = [each.name for each in method.inputs]
    if run_of(method):
        names.append("reply_.run_space(struct_room_, run_room_)")
    lines.append(f"let answer_ = Server::{method.name}({', '.join(['server_', 'call_', *names])})?;")
    lines += put(method, "answer_")
    return block(f"fn serve_{method.name}_(server_: &mut dyn Server, call_: &mut server::Call<'_>, reply_: &mut server::Reply<'_>) -> nacre::Result<()> {{",
                 [*lines, "Ok(())"])


def later(method):
    """The function that answers a call that was put off."""
    layout, run = layout_of(method), run_of(method)
    parameters = ["token_: server::Token", f"answer_: nacre::Result<{replies(method)}>"] + ["content_: &[u8]"] * bool(run)
    lines = ["let answer_ = match answer_ {", "    Ok(answer_) => answer_,", "    Err(error_) => return token_.refuse(error_),", "};"]
    if layout.answer.copied:
        struct, space = (each.replace("?", ".unwrap_or(0)") for each in room(layout, "token_"))
        lines.append(f"let (struct_room_, run_room_) = ({struct}, {space});")
        size = "struct_room_" + (" + run_room_" if run else "")
        lines.append(f"let mut data_ = wire::zeroes({size});")
        lines.append("let mut reply_ = server::Reply::new(&mut data_);")
    else:
        lines.append("let mut reply_ = server::Reply::new(&mut []);")
    if run:
        lines.append("wire::copy(reply_.run_space(struct_room_, run_room_), content_);")
    lines += [*put(method, "answer_"), "token_.answer(Ok(()), &reply_)"]
    return [f"/// Answers a `{method.name}` whose handler took its token and answered `nacre::LATER`.",
            *block(f"pub fn {method.name}_answer({', '.join(parameters)}) {{", lines)]


DISPATCH_CONNECT = """\
fn serve_connect_(server_: &mut dyn Server, call_: &mut server::Call<'_>, reply_: &mut server::Reply<'_>) -> nacre::Result<()> {
    call_.shape(0, 0, false)?;
    wire::run(call_.data, 0, 0)?;
    let process_ = u32::of_word(call_.words.word[0])?;
    reply_.handles[0] = Some(Server::connect(server_, call_, process_)?.for_client()?.into());
    Ok(())
}"""


def dispatch(methods):
    arms = ["0 if call.waits => reply.info(call, PROTOCOL, VERSION),",
            "1 if call.waits && call.forwarded => serve_connect_(server, call, reply),"]
    for method in methods:
        arms.append(f"{method.number}{'' if method.oneway else ' if call.waits'} => serve_{method.name}_(server, call, reply),")
    return ["/// One request: checked whole, handed to its function, answered.",
            *block("pub fn dispatch(server: &mut dyn Server, call: &mut server::Call<'_>, reply: &mut server::Reply<'_>) -> nacre::Result<()> {",
                   block("match call.words.opcode {", [*arms, "_ => Err(nacre::status::METHOD),"]))]


def limits(name, messages):
    """The function that says what the loop must have room for."""
    layouts = [layout_of(each) for each in messages]
    request = max([each.request.bytes_max for each in layouts], default=0)
    answer = max([each.answer.bytes_max for each in layouts], default=0)
    handles = max([len(each.request.handles) for each in layouts], default=0)
    # A newer client's structs may be longer, and are looked at before they are refused.
    grown = max([GROWN_BYTES for each in layouts if each.request.struct], default=0)
    return "\n".join(["/// What the loop must have room for.", *block(f"pub fn {name}() -> server::Limits {{",
                      [f"server::Limits {{ request_bytes: {min(request + grown, COPY_BYTES)}, answer_bytes: {answer}, handles: {handles} }}"])])


def skeleton(name, trait, made, call):
    """The type that makes a handler for the loop of a server, or of a listener."""
    return "\n".join([f"/// A `{trait}` as the loop of `nacre::server` takes it.", f"pub struct {name}<T>(pub T);", "",
                      f"impl<T: {trait} + server::Notices> server::Handler for {name}<T> {{",
                      "    fn limits(&self) -> server::Limits {", f"        {made}()", "    }", "",
                      "    fn call(&mut self, call: &mut server::Call<'_>, reply: &mut server::Reply<'_>) -> nacre::Result<()> {",
                      f"        {call}", "    }", "", HANDED_ON, "}"])


SERVE = """\
/// Serves this protocol, and nothing else, until the mailbox is gone.
pub fn serve<T: Server + server::Notices>(mailbox: &nacre::Mailbox, server: T) -> nacre::Result<()> {
    server::run(mailbox, &mut Skeleton(server))
}"""


def server(protocol):
    methods = [method for method in protocol.methods if method.number >= FIRST_METHOD]
    structs = [line for method in methods for line in reply_struct(method)]
    inside = [line for method in methods for line in [*handler(method), ""]]
    trait = ["/// What a server of this protocol does. A function sees only what has been checked; `call` says who asks.",
             "pub trait Server {", CONNECT, "", *("    " + line if line else "" for line in inside[:-1]), "}"]
    parts = ["\n".join([*structs, *trait]), limits("limits", methods),
             "\n".join(dispatch(methods)), DISPATCH_CONNECT]
    parts += ["\n".join(served(method)) for method in methods] + ["\n".join(later(method)) for method in methods]
    return "\n\n".join([*parts, skeleton("Skeleton", "Server", "limits", "dispatch(&mut self.0, call, reply)"), SERVE])


# --- events ------------------------------------------------------------------------------------------------------

def listener(protocol):
    """The client's mailbox, where events arrive as sends."""
    if not protocol.events:
        return ""
    inside = [line for event in protocol.events for line in [*handler(event), ""]]
    trait = ["/// What a client does with events. A function sees only what has been checked.", "pub trait Listener {",
             *("    " + line if line else "" for line in inside[:-1]), "}"]
    arms = [f"{event.number} => hear_{event.name}_(listener, call)," for event in protocol.events]
    hear = ["/// One event: checked whole, handed to its function.",
            *block("pub fn hear(listener: &mut dyn Listener, call: &mut server::Call<'_>) -> nacre::Result<()> {",
                   block("match call.words.opcode {", [*arms, "_ => Err(nacre::status::METHOD),"]))]
    heard = ["\n".join(one_heard(event)) for event in protocol.events]
    return "\n\n".join(["\n".join(trait), "\n".join(hear), *heard, limits("event_limits", protocol.events),
                        skeleton("Listening", "Listener", "event_limits", "hear(&mut self.0, call)")])


def one_heard(event):
    names = ", ".join(["listener_", "call_", *(each.name for each in event.inputs)])
    return block(f"fn hear_{event.name}_(listener_: &mut dyn Listener, call_: &mut server::Call<'_>) -> nacre::Result<()> {{",
                 [*checked(event), f"Listener::{event.name}({names});", "Ok(())"])
