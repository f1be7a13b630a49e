"""rules.py - does it fit? Layout of structs without holes, and what one message can carry."""

from layout import layout_of
from model import (COPY_BYTES, SEND_BYTES, WORDS, Array, Doc, Event, Field, Handle, Id, Integer, InterfaceError, Loan, Run,
                   StructRef, Text)

HANDLES_MAX = 4
RUNS_IN, RUNS_OUT = 2, 1
STRUCT_UNIT = 8


def count(number, thing):
    return f"{number} {thing}" + "s" * (number != 1)


# --- structs -----------------------------------------------------------------------------------------------------

def alignment(kind):
    """What a field's offset is a multiple of; the same on both widths."""
    if isinstance(kind, Text):
        return 1
    if isinstance(kind, Id):
        return 4
    if isinstance(kind, Array):
        return kind.element.bytes
    return kind.bytes


def filler(offset, count):
    """The type of `count` bytes of nothing at an offset: the largest integers that fit."""
    unit = next(unit for unit in (4, 2, 1) if offset % unit == 0 and count % unit == 0)
    kind = Integer(f"u{8 * unit}")
    return kind if count == unit else Array(kind, count // unit)


def hole_hint(fields, index, offset, gap):
    """What could stand in the hole before fields[index]."""
    for later in fields[index + 1:]:
        if later.since == fields[index].since and later.type.bytes == gap and offset % alignment(later.type) == 0:
            return f"move `{later.name}`, which has {gap}, in front of it"
    begin = "the struct begins with 4 bytes of `size`; " if index == 0 else ""
    return f"{begin}put {count(gap, 'byte')} of other fields in front of it, or this field behind them"


def struct_lay_out(struct):
    """Gives every field its place, with `size` before them and `reserved` behind; or says where the hole is."""
    offset, since, ends = 4, struct.since, {}
    for index, each in enumerate(struct.fields):
        gap = -offset % alignment(each.type)
        if gap:
            raise InterfaceError(each.place, f"`{each.name}` would begin at byte {offset} and leave a hole of {count(gap, 'byte')}, "
                                 f"because it is aligned to {alignment(each.type)}",
                                 hole_hint(struct.fields, index, offset, gap))
        if each.since < since:
            raise InterfaceError(each.place, f"`{each.name}` is older than the field before it, which is since {since[0]}.{since[1]}",
                                 "new fields come last")
        each.offset, since = offset, each.since
        offset += each.type.bytes
        ends[since] = offset
    struct.bytes = offset + -offset % STRUCT_UNIT
    first = ends.get(struct.since, 4)
    struct.bytes_first = first + -first % STRUCT_UNIT
    struct.fields.insert(0, Field("size", Integer("u32"), 0, Doc("bytes of this struct that were sent"), struct.place,
                                  struct.since))
    if struct.bytes > offset:
        struct.fields.append(Field("reserved", filler(offset, struct.bytes - offset), offset, Doc("zero"), struct.place,
                                   struct.since))


# --- messages ----------------------------------------------------------------------------------------------------

def fail(parameter, message, hint=""):
    raise InterfaceError(parameter.place, message, hint)


def message_check(message):
    """A method or event: does everything that it carries fit?"""
    layout = layout_of(message)
    words_check(message, layout)
    side_check(message.inputs, "a request", RUNS_IN)
    side_check(getattr(message, "outputs", []), "an answer", RUNS_OUT)
    for parameter in getattr(message, "outputs", []):
        if isinstance(parameter.type, Loan) or isinstance(parameter.type, Handle) and parameter.type.moved:
            fail(parameter, "only a request lends or moves memory",
                 "lend pages for the answer with lend_mut" if isinstance(parameter.type,
                                                                         Loan) else "answer a handle<memory, ...>")
    pages = [parameter for parameter in message.inputs if isinstance(parameter.type,
                                                                     Loan) or getattr(parameter.type, "moved", False)]
    if len(pages) > 1:
        fail(pages[1], f"a request carries one loan or one moved memory, and `{pages[0].name}` is one already",
             "use two methods, or one range of pages for both")
    if isinstance(message, Event) or message.oneway:
        oneway_check(message, layout, pages)
    if getattr(message, "idempotent", False) and any(getattr(parameter.type, "moved",
                                                             False) for parameter in message.inputs):
        fail(pages[0], "what was moved is gone, so the client cannot ask again", "leave out `idempotent`")
    for side, what in ((layout.request, "request"), (layout.answer, "answer")):
        if side.bytes_max > COPY_BYTES:
            fail(side.runs[-1],
                 f"the {what} may have {side.bytes_max} bytes of copied data, and a message carries {COPY_BYTES}",
                 "lower a bound, or lend pages")


def words_check(message, layout):
    for side, free, what in ((layout.request, layout.words_free, "request"), (layout.answer, WORDS, "answer")):
        for parameter, first in side.words:
            need = parameter.type.words
            if first + need > free:
                room = f" (the other {WORDS - free} tell how much room there is for the answer)" if free < WORDS else ""
                fail(parameter, f"`{parameter.name}` needs {count(need, 'word')}, and the {what} has {free - first if free > first else 'none'} "
                     f"left of its {free}{room}", "put some of the parameters into a struct")


def side_check(parameters, what, runs_max):
    structs = [each for each in parameters if isinstance(each.type, StructRef)]
    runs = [each for each in parameters if isinstance(each.type, Run)]
    handles = [each for each in parameters if isinstance(each.type, Handle)]
    if len(structs) > 1:
        fail(structs[1], f"{what} carries one struct, and `{structs[0].name}` is one already",
             "make one struct of them")
    if len(runs) > runs_max:
        fail(runs[runs_max],
             f"{what} carries {'one copied run' if runs_max == 1 else 'two copied runs'}, and this is one more",
             "use `strings`, which is many in one, or two methods")
    if len(handles) > HANDLES_MAX:
        fail(handles[HANDLES_MAX], f"{what} carries {HANDLES_MAX} handles, and this is one more", "use two methods")
    for before, after in zip(handles, handles[1:]):
        if before.type.optional and not after.type.optional:
            fail(after, f"`{after.name}` must be there, and stands behind `{before.name}`, which may be missing",
                 f"put `{after.name}` in front")


def oneway_check(message, layout, pages):
    """What is sent and not called: nobody waits, so nothing comes back, and the kernel keeps little."""
    what = "an event" if isinstance(message, Event) else "a oneway method"
    if getattr(message, "outputs", []):
        fail(message.outputs[0], "a oneway method answers nothing: who sends does not wait",
             "leave out `oneway`, or the answer")
    if pages:
        fail(pages[0], f"{what} neither lends nor moves memory", "send a handle<memory, ...>")
    side = layout.request
    if not side.copied:
        return
    last = (side.runs or [side.struct])[-1]
    if isinstance(message, Event) and side.bytes_max > SEND_BYTES:
        fail(last, f"an event carries {SEND_BYTES} bytes of copied data, and this one up to {side.bytes_max}",
             "lower a bound")
    least = side.bytes_max - sum(run.type.max - run.type.min for run in side.runs)
    if least > SEND_BYTES:
        fail(last, f"a send carries {SEND_BYTES} bytes of copied data, and this method has at least {least}",
             "leave out `oneway`")
