"""rust_client.py - the client's side of a protocol in Rust: a method for each method, which puts the request together
and takes the answer apart; and what sends events, which travel the other way."""

from layout import layout_of
from model import FIRST_METHOD, Handle, Id, Loan, Run, StructRef
from rust_types import (block, camel, documented, handle_type, number_of, plain, rights, run_take, run_type, words_put,
                        words_take)

CLIENT = """\
/// A connection to a server that speaks this protocol.
#[derive(Debug)]
pub struct Client {
    /// The connection itself.
    pub connection: nacre::Connection,
    /// When calls give up, absolute in ns of `nacre::clock::now`; never, unless it is set.
    pub deadline_ns: u64,
    lasting_: Option<nacre::names::Lasting>,
}

impl Client {
    /// Connects to what is published under `path`, and asks whether it speaks this protocol in this version.
    /// `NOT_FOUND`: it speaks another. `METHOD`: another major version, or an older minor one.
    pub fn connect(path: &str) -> nacre::Result<Client> {
        Client::connect_version(path, VERSION)
    }

    /// The same for a client that needs no more than an older version has.
    pub fn connect_version(path: &str, version: u32) -> nacre::Result<Client> {
        let connection = nacre::names::connect(path)?;
        connection.check(PROTOCOL, version)?;
        Ok(Client::from(connection))
    }

    /// The same, and the connection outlives its server: calls connect anew by the name. An idempotent one is then made
    /// again, another one answers `PEER_GONE` if a server may have begun with it. Not for a server that keeps something for
    /// each of its clients: the new one knows nothing of it. `FULL`: a program may have 16.
    pub fn connect_lasting(path: &str) -> nacre::Result<Client> {
        let (connection, lasting) = nacre::names::connect_lasting(path, PROTOCOL, VERSION)?;
        Ok(Client { lasting_: Some(lasting), ..Client::from(connection) })
    }
"""
FROM = """\
/// A client on a connection that is known to speak the protocol.
impl From<nacre::Connection> for Client {
    fn from(connection: nacre::Connection) -> Client {
        Client { connection, deadline_ns: nacre::abi::DEADLINE_NEVER, lasting_: None }
    }
}"""


def parameter_in(parameter):
    """Parameters of the client's function for one of the method."""
    name, kind = parameter.name, parameter.type
    if isinstance(kind, StructRef):
        return [f"{name}: &{plain(kind)}"]
    if isinstance(kind, Run):
        return [f"{name}: &[&str]" if kind.kind == "strings" else f"{name}: {run_type(kind)}"]
    if isinstance(kind, Loan):
        return [f"{name}: &{'mut ' if kind.writable else ''}nacre::Area", f"{name}_size: usize"]
    if isinstance(kind, Handle):
        if kind.moved:
            return [f"{name}: nacre::Memory"]
        return [f"{name}: Option<&{handle_type(kind)}>" if kind.optional else f"{name}: &{handle_type(kind)}"]
    return [f"{name}: {plain(kind)}"]


def answer_type(parameter):
    kind = parameter.type
    if isinstance(kind, Run):
        return run_type(kind, "'a")
    if isinstance(kind, Handle):
        return f"Option<{handle_type(kind)}>" if kind.optional else handle_type(kind)
    return plain(kind)


def answers(method):
    """The Rust type of all that a method answers."""
    if len(method.outputs) > 1:
        return f"{camel(method.name)}Answer" + ("<'a>" if has_run(method) else "")
    return answer_type(method.outputs[0]) if method.outputs else "()"


def has_run(method):
    return any(isinstance(each.type, Run) for each in method.outputs)


def answer_struct(method):
    if len(method.outputs) < 2:
        return []
    fields = []
    for each in method.outputs:
        fields += [*documented(each.doc), f"pub {each.name}: {answer_type(each)},"]
    return [f"/// What `{method.name}` answers.", "#[derive(Debug)]",
            *block(f"pub struct {answers(method)} {{", fields), ""]


# --- the request -------------------------------------------------------------------------------------------------

def prepared(message):
    """Statements before the request: what it is made of and refers to."""
    lines = []
    for each in message.inputs:
        if isinstance(each.type, StructRef):
            lines.append(f"let {each.name} = {each.name}.bytes();")
        elif isinstance(each.type, Run) and each.type.kind == "strings":
            lines.append(f"let {each.name} = wire::join({each.name})?;")
    side = layout_of(message).request
    if side.prefix:
        lines.append(f"let prefix_ = wire::prefix({side.runs[0].name}.len());")
    return lines


def request(message, room=True):
    """Statements that build `request`, in the order in which things travel."""
    layout, pieces = layout_of(message), []
    side = layout.request
    for parameter, first in side.words:
        if isinstance(parameter.type, Loan):
            pieces.append(f".word({first}, {parameter.name}_size)")
        else:
            pieces += [f".word({word}, {value})" for word, value in words_put(parameter.type, parameter.name, first)]
    pieces += [".bytes(&prefix_)"] if side.prefix else []
    pieces += [f".bytes(&{side.struct.name})"] if side.struct else []
    for run in side.runs:
        pieces.append(f".bytes({run.name}.as_bytes())" if run.type.kind == "string" else f".bytes(&{run.name})")
    if side.loan:
        pieces.append(f".{'lend_mut' if side.loan.type.writable else 'lend'}({side.loan.name}, {side.loan.name}_size)")
    pieces += [f".handle({each.name})" for each in side.handles if not each.type.optional and not each.type.moved]
    pieces += [f".give({each.name})" for each in side.handles if each.type.moved]
    lines = block(f"let mut request_ = nacre::Request::new({message.number})", pieces, "")[:-1]
    lines[-1] += ";"
    for each in side.handles:
        if each.type.optional and not each.type.moved:
            lines += block(f"if let Some({each.name}) = {each.name} {{", [f"request_ = request_.handle({each.name});"])
    return lines + (answer_room(layout) if room else [])


def answer_room(layout):
    side, lines = layout.answer, []
    if side.struct:
        lines += [f"request_ = request_.room(&mut fixed_).word({layout.room_word}, {plain(side.struct.type)}::BYTES);"]
    if side.runs:
        total = f"{plain(side.struct.type)}::BYTES + " if side.struct else ""
        more = f".word({layout.struct_room_word}, {plain(side.struct.type)}::BYTES)" if side.struct else ""
        lines += [f"let size_ = room_.len();", f"request_ = request_.room(&mut *room_).word({layout.room_word}, {total}size_){more};"]
    if side.handles:
        lines += [f"request_ = request_.accept({len(side.handles)});"]
    return lines


# --- the answer --------------------------------------------------------------------------------------------------

def answer_take(layout, parameter, first):
    kind = parameter.type
    if isinstance(kind, StructRef):
        return f"{plain(kind)}::of(&fixed_, true)?"
    if isinstance(kind, Run):
        return run_take(kind, "run_")
    if isinstance(kind, Handle):
        index = layout.answer.handles.index(parameter)
        taken = f"answer_.take::<{handle_type(kind)}>({index}, {handle_type(kind)}::OBJECT, {rights(kind)})"
        return f"{taken}?" + ("" if kind.optional else ".ok_or(nacre::status::MALFORMED)?")
    return words_take(kind, "answer_.word", first, "true")


def answered(method, layout):
    """Statements that take the answer apart and check it: a server is trusted no more than a client."""
    side, lines = layout.answer, []
    if side.struct and side.runs:
        lines += ["let length_ = wire::answer_parted(&mut fixed_, room_, answer_.length)?;", "let run_ = &room_[..length_];"]
    elif side.struct:
        lines += ["wire::answer_fixed(&fixed_, answer_.length)?;"]
    elif side.runs:
        lines += ["let run_ = room_.get(..answer_.length).ok_or(nacre::status::MALFORMED)?;"]
    first = {id(parameter): word for parameter, word in side.words}
    taken = [(each, answer_take(layout, each, first.get(id(each)))) for each in method.outputs]
    if not taken:
        return ["Ok(())"]
    if len(taken) == 1:
        return [*lines, f"Ok({taken[0][1]})"]
    return [*lines, *block(f"Ok({camel(method.name)}Answer {{", [f"{each.name}: {value}," for each, value in taken], "})")]


# --- a method ----------------------------------------------------------------------------------------------------

def documentation(message):
    lines = documented(message.doc.text or f"`{message.name}` of the protocol.")
    if getattr(message, "idempotent", False):
        lines += ["///", "/// Idempotent: asked again by itself when the server dies with the call."]
    named = [(each.name, each.doc) for each in message.inputs + getattr(message, "outputs", []) if each.doc]
    lines += ["///"] * bool(named) + [line for name, text in named for line in documented(f"- `{name}`: {text}")]
    errors = getattr(message, "errors", [])
    return lines + ["///"] * bool(errors) + documented(f"Errors beside those of any call: {', '.join(errors)}." if errors else "")


def may_ask_again(method):
    """By itself, when a server died with the call? Memory that was moved is gone."""
    return method.idempotent and not any(isinstance(each.type, Handle) and each.type.moved for each in method.inputs)


def function(method):
    layout = layout_of(method)
    parameters = ["&self", *(part for each in method.inputs for part in parameter_in(each))]
    run = has_run(method)
    if run:
        parameters.append("room_: &'a mut [u8]")
    lines = prepared(method)
    if layout.answer.struct:
        lines.append(f"let mut fixed_ = [0; {plain(layout.answer.struct.type)}::BYTES];")
    lines += request(method)
    call = "call_again" if may_ask_again(method) else "call"
    lines += [f"let mut answer_ = request_.deadline(self.deadline_ns).{call}(&self.connection)?;", *answered(method, layout)]
    head = f"pub fn {method.name}{chr(60) + chr(39) + 'a>' if run else ''}({', '.join(parameters)}) -> nacre::Result<{answers(method)}> {{"
    made = [*documentation(method), *block(head, lines)]
    if method.oneway:
        made += ["", f"/// `{method.name}` without waiting for an answer. `QUEUE_FULL`: the server has not taken the last ones yet.",
                 *sending(f"{method.name}_send", "&self", method, "&self.connection")]
    return made


def sending(name, receiver, message, connection):
    parameters = [receiver, *(part for each in message.inputs for part in parameter_in(each))]
    return block(f"pub fn {name}({', '.join(parameters)}) -> nacre::Result<()> {{",
                 [*prepared(message), *request(message, room=False), f"request_.send({connection})"])


def client(protocol):
    methods = [method for method in protocol.methods if method.number >= FIRST_METHOD]
    structs = [line for method in methods for line in answer_struct(method)]
    inside = [line for method in methods for line in ["", *function(method)]]
    return "\n".join([*structs, CLIENT.rstrip(), *("    " + line if line else "" for line in inside), "}", "", FROM])


def events(protocol):
    """What the server's side sends to a mailbox of the client's."""
    made = [[*documentation(event), *sending(f"{event.name}_send", "to_: &nacre::Connection", event, "to_")] for event in protocol.events]
    return "\n\n".join("\n".join(lines) for lines in made)
