"""gen_c_events.py - events in C: what sends them, for the server, and what receives them, for the client, which is a small
server of its own mailbox."""

from gen_c_client import input_parameters, send_body
from gen_c_server import dispatcher, handler_parameters, known_checks, parameters, protocol_macro, request_bytes, skeleton
from gen_c_text import comment, explain, wrapped
from layout import layout_of


def senders(out, protocol):
    for event in protocol.events:
        sender(out, protocol, event)


def sender(out, protocol, event):
    given = input_parameters(protocol, event)
    out.add(comment(explain(event.doc) + ["Goes to a mailbox of the client's, and never waits."]),
            wrapped(f"static inline nacre_status_t {protocol.name}_{event.name}_send(",
                    ["nacre_handle_t mailbox_", *(text for text, _ in given)], ")", "\t\t"), "{",
            *send_body(protocol, event, layout_of(event), "EVENT", "mailbox_"), "}", "")


def receiver(out, protocol):
    """The client's mailbox is served like a server: events are what arrives there."""
    name, upper = protocol.name, protocol.name.upper()
    if not protocol.events:
        return
    known_checks(out, protocol, protocol.events)
    for event in protocol.events:
        parameters(out, protocol, event)
    out.add(comment(["A function for each event that the client wants to hear of. What it answers goes nowhere."]),
            f"struct {name}_event_handlers {{")
    for event in protocol.events:
        out.add(comment(explain(event.doc), "\t"),
                wrapped(f"\tnacre_status_t (*{event.name})(", handler_parameters(protocol, event), ");", "\t\t"))
    out.add("};", "")
    for event in protocol.events:
        skeleton(out, protocol, event, "event_handlers")
    dispatcher(out, protocol, "events_serve_", "event_handlers", "EVENT", protocol.events)
    out.add(comment(["What the receive buffer must hold, and the initialiser of a struct nacre_protocol, for nacre_server_run."]),
            f"#define {upper}_EVENTS_BUFFER_BYTES {request_bytes(protocol.events)}",
            *protocol_macro(protocol, "EVENTS_SERVED_BY", "events_serve_", "event_handlers", protocol.events))
