"""reference.py - one page a protocol for the book: every method with its words, copied data, handles and errors, every
struct with its layout."""

from contract_facts import facts
from layout import layout_of
from model import WORDS, EnumRef, Event, Id, Loan, StructRef
from snapshot import spell, type_of

RUNS = {"string": "UTF-8 without NUL", "strings": "strings, each ended by NUL", "bytes": "bytes"}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines)


def page(*blocks):
    return "\n\n".join(block for block in blocks if block) + "\n"


def bounds(kind):
    return f"{kind.min} to {kind.max} bytes" if kind.min != kind.max else f"{kind.min} bytes"


def linked(kind):
    """A type as it is written, with a link where the page describes it."""
    if isinstance(kind, EnumRef):
        return f"[{kind.enum.name}](#{'flags' if kind.enum.flags else 'enum'}-{kind.enum.name})"
    return f"[{kind.struct.name}](#struct-{kind.struct.name})" if isinstance(kind, StructRef) else f"`{type_of(kind)}`"


def signature(message):
    def side(parameters):
        return "(" + ", ".join(f"{each.name}: {type_of(each.type)}" for each in parameters) + ")"
    kind = "event" if isinstance(message, Event) else "method"
    before = "".join(f"{word} " for word in ("idempotent", "oneway", "forwarded") if getattr(message, word, False))
    outputs = getattr(message, "outputs", [])
    return f"{before}{kind} {message.number} {message.name}{side(message.inputs)}" + (f" -> {side(outputs)}" if outputs else "")


# --- where each parameter travels ----------------------------------------------------------------------------------

def word_rows(layout, side, answer):
    for parameter, first in side.words:
        last = first + parameter.type.words - 1
        where = f"word {first}" if first == last else f"words {first} to {last}"
        if isinstance(parameter.type, Loan):
            yield parameter, f"{where}: its length; pages lent", f"{bounds(parameter.type)}, {'may be changed' if parameter.type.writable else 'only read'}"
        else:
            yield parameter, where, "four times 32 bits" if isinstance(parameter.type, Id) else \
                "low half first" if parameter.type.words == 2 else ""


def copied_rows(side):
    offset = side.prefix
    if side.struct:
        yield side.struct, f"copied, from byte {offset}", f"{side.struct.type.struct.bytes} bytes, fewer from older programs"
    for number, parameter in enumerate(side.runs):
        if number:
            where = "behind it, to the end"
        elif side.struct:
            where = "behind the struct" + (", as long as the first u32 says" if side.prefix else ", to the end")
        else:
            where = f"copied, from byte {offset}" + (", as long as the first u32 says" if side.prefix else ", to the end")
        yield parameter, where, f"{bounds(parameter.type)}, {RUNS[parameter.type.kind]}"


def handle_rows(side):
    for number, parameter in enumerate(side.handles):
        kind = parameter.type
        about = ["moved, not copied"] * kind.moved + ["may be missing"] * kind.optional
        about += [f"speaks {kind.protocol}"] * bool(kind.protocol)
        yield parameter, f"handle {number}", ", ".join(about)


def side_table(title, layout, side, answer):
    rows = []
    for parameter, where, about in [*word_rows(layout, side, answer), *copied_rows(side), *handle_rows(side)]:
        rows.append([f"`{parameter.name}`", linked(parameter.type), where,
                     "; ".join(filter(None, (parameter.doc, about)))])
    if not answer and layout.struct_room_word is not None:
        rows.append(["", "`u32`", f"word {layout.struct_room_word}", "room for the answer's struct, in bytes"])
    if not answer and layout.room_word is not None:
        rows.append(["", "`u32`", f"word {layout.room_word}", "room for all the answer's copied data, in bytes"])
    return f"**{title}**\n\n" + table(["name", "type", "travels", "meaning"], rows) if rows else ""


def errors_list(protocol, method):
    rows = []
    for name in method.errors:
        own = next((error for error in protocol.errors if error.name == name), None)
        shared = next((error for error in protocol.common.errors if error.name == name),
                      None) if protocol.common else None
        number, sentence = (own or shared).number if own or shared else facts().errors[name][0], \
            (own or shared).sentence if own or shared else facts().errors[name][1]
        rows.append([f"`{name}`", number, sentence])
    return "**Errors**, beside METHOD, MALFORMED and NEWER\n\n" + table(["error", "number", "what it says"],
                                                                        rows) if rows else ""


def message_section(protocol, message):
    layout = layout_of(message)
    facts_of = [f"Since {spell(message.since)}"] * (message.since != (protocol.version[0], 0))
    facts_of += ["A client may ask again after the server was restarted"] * getattr(message, "idempotent", False)
    facts_of += ["May be sent without waiting"] * getattr(message, "oneway", False)
    facts_of += ["Arrives only forwarded by the name server"] * getattr(message, "forwarded", False)
    return page(f"## {message.name}", message.doc.text, f"```\n{signature(message)}\n```",
                ". ".join(facts_of) + "." if facts_of else "",
                side_table("Request" if not isinstance(message, Event) else "Message", layout, layout.request, False),
                side_table("Answer", layout, layout.answer, True),
                errors_list(protocol, message) if not isinstance(message, Event) else "").rstrip()


# --- types and constants ---------------------------------------------------------------------------------------------

def since_of(protocol, item):
    return f" Since {spell(item.since)}." if item.since != (protocol.version[0], 0) else ""


def struct_section(protocol, struct):
    rows = [[field.offset, f"`{field.name}`", linked(field.type),
             field.doc.text + since_of(protocol, field)] for field in struct.fields]
    return page(f"## struct {struct.name}", struct.doc.text,
                f"A struct of {struct.bytes} bytes.{since_of(protocol, struct)}",
                table(["byte", "field", "type", "meaning"], rows)).rstrip()


def enum_section(protocol, enum):
    rows = [[f"`{value.name}`", f"{value.number:#x}" if enum.flags else value.number,
             value.doc.text + since_of(protocol, value)] for value in enum.values]
    about = f"Bits of a {enum.base.name}; any of them together." if enum.flags else f"A {enum.base.name}."
    return page(f"## {'flags' if enum.flags else 'enum'} {enum.name}", enum.doc.text, about + since_of(protocol, enum),
                table(["name", "value", "meaning"], rows)).rstrip()


def simple_section(title, protocol, items, number, text):
    rows = [[f"`{item.name}`", number(item), text(item) + since_of(protocol, item)] for item in items]
    return f"## {title}\n\n" + table(["name", "value", "meaning"], rows) if rows else ""


def protocol_page(protocol):
    contents = table(["number", "method", "what it does"],
                     [[message.number,
                       f"[{message.name}](#{message.name})" + (" (event)" if isinstance(message, Event) else ""),
                       message.doc.text.split(". ")[0].split("\n\n")[0].rstrip(".") or ""]
                      for message in sorted([*protocol.methods, *protocol.events], key=lambda each: each.number)])
    gone = f"The numbers {', '.join(map(str, protocol.reserved))} belonged to what is gone." if protocol.reserved else ""
    return page(f"# Protocol: {protocol.name}", protocol.doc.text,
                f"Number {protocol.number:#x}, version {spell(protocol.version)}. A request has {WORDS} words beside the method's number, "
                f"an answer as many beside its status; [interfaces](../interfaces.md) says how the rest travels.",
                contents, gone,
                *(message_section(protocol, message) for message in [*protocol.methods, *protocol.events]),
                *(enum_section(protocol, enum) for enum in protocol.enums),
                *(struct_section(protocol, struct) for struct in protocol.structs),
                simple_section("Errors", protocol, protocol.errors, lambda each: each.number,
                               lambda each: each.sentence),
                simple_section("Signals", protocol, protocol.signals, lambda each: f"{each.bit:#x}",
                               lambda each: each.doc.text),
                simple_section("Constants", protocol, protocol.constants, lambda each: each.value,
                               lambda each: each.doc.text))


def pages(protocols):
    """File name -> text."""
    rows = [[f"[{protocol.name}]({protocol.name}.md)", f"{protocol.number:#x}", spell(protocol.version),
             protocol.doc.text.split("\n\n")[0]] for protocol in protocols]
    files = {f"{protocol.name}.md": protocol_page(protocol) for protocol in protocols}
    return files | {"README.md": page("# Protocols",
                                      "What servers are asked, generated from `idl/`. The language is described in "
                                      "[interfaces](../interfaces.md).", table(["protocol", "number", "version",
                                                                                "what it is"], rows))}
