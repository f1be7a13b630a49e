"""model.py - what a protocol is: the classes that the front end (parse.py) fills and the back ends read.

All numbers are resolved (constants looked up), all defaults filled in, all language rules checked: a back end never
meets a protocol that breaks a rule of doc/interfaces.md. `layout.py` says where each parameter travels.
"""

from dataclasses import dataclass, field

INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i8": 1, "i16": 2, "i32": 4, "i64": 8}
WORDS = 5                 # of a request or an answer, beside the opcode or status
FIRST_METHOD = 2          # 0 is info, 1 is connect
SEND_BYTES = 64           # copied with a send
LOAN_BYTES = 32 * 4096
COPY_BYTES = 65536


@dataclass(frozen=True)
class Place:
    """Where something stands, for error messages."""
    file: str
    line: int
    column: int
    width: int = 1               # characters that the caret marks
    text: str = ""               # the line itself


@dataclass
class Doc:
    """A doc comment: the summary is its first sentence's line, params what `name: text` lines say."""
    text: str = ""
    params: dict = field(default_factory=dict)


# --- types -----------------------------------------------------------------------------------------------------

@dataclass
class Integer:
    name: str                    # "u32"

    @property
    def bytes(self):
        return INTEGERS[self.name]

    @property
    def signed(self):
        return self.name[0] == "i"

    @property
    def words(self):
        return 2 if self.bytes == 8 else 1


@dataclass
class Bool:
    words = 1
    bytes = 1                    # in a struct


@dataclass
class Id:
    words = 4
    bytes = 16                   # in a struct: u32[4]


@dataclass
class EnumRef:
    enum: "Enum"                 # flags too: enum.flags

    @property
    def words(self):
        return self.enum.base.words

    @property
    def bytes(self):
        return self.enum.base.bytes


@dataclass
class StructRef:
    struct: "Struct"


@dataclass
class Run:
    """string, strings or bytes, copied."""
    kind: str                    # "string" | "strings" | "bytes"
    min: int
    max: int


@dataclass
class Loan:
    min: int
    max: int
    writable: bool
    words = 1                    # its length in bytes


@dataclass
class Handle:
    object: str                  # "connection", "memory", ...: object types of the contract
    rights: tuple                # names of rights, "CALL"
    optional: bool = False
    protocol: str = ""           # of a connection, for readers
    moved: bool = False          # `move memory`


@dataclass
class Text:
    """text[N], in structs only."""
    bytes: int


@dataclass
class Array:
    """u32[N], in structs only."""
    element: Integer
    count: int

    @property
    def bytes(self):
        return self.element.bytes * self.count


# --- items -----------------------------------------------------------------------------------------------------

@dataclass
class Constant:
    name: str
    value: int
    doc: Doc
    place: Place
    since: tuple = (1, 0)


@dataclass
class Value:
    name: str
    number: int
    doc: Doc
    place: Place
    since: tuple


@dataclass
class Enum:
    name: str
    base: Integer
    values: list                 # of Value
    flags: bool
    doc: Doc
    place: Place
    since: tuple = (1, 0)

    @property
    def mask(self):
        """All bits of a flags type."""
        mask = 0
        for value in self.values:
            mask |= value.number
        return mask


@dataclass
class Field:
    name: str
    type: object
    offset: int                  # bytes from the start of the struct
    doc: Doc
    place: Place
    since: tuple


@dataclass
class Struct:
    """fields[0] is always `size`; `reserved` at the end is a Field too (name "reserved", Integer or Array)."""
    name: str
    fields: list                 # of Field
    bytes: int                   # multiple of 8
    bytes_first: int             # of the oldest version: the least that a sender may send (size of fields of MAJOR.0)
    doc: Doc
    place: Place
    since: tuple = (1, 0)


@dataclass
class Error:
    name: str
    number: int
    sentence: str
    doc: Doc
    place: Place
    since: tuple


@dataclass
class Parameter:
    name: str
    type: object                 # Integer Bool Id EnumRef StructRef Run Loan Handle
    doc: str
    place: Place


@dataclass
class Method:
    number: int
    name: str
    inputs: list                 # of Parameter
    outputs: list                # of Parameter
    errors: list                 # names, beside those every method may answer
    idempotent: bool
    oneway: bool
    doc: Doc
    place: Place
    since: tuple
    forwarded: bool = False      # arrives through the name server only (method 1)


@dataclass
class Signal:
    name: str
    bit: int                     # the bit itself: 0x1, 0x2, 0x4 ...
    doc: Doc
    place: Place
    since: tuple


@dataclass
class Event:
    number: int
    name: str
    inputs: list                 # of Parameter
    doc: Doc
    place: Place
    since: tuple


@dataclass
class Protocol:
    name: str
    number: int
    version: tuple               # (major, minor)
    constants: list
    enums: list
    structs: list
    errors: list
    methods: list                # by number
    signals: list
    events: list                 # by number
    reserved: list               # numbers
    doc: Doc
    place: Place
    common: "Protocol" = None    # idl/interface.nid: its errors are the common statuses, its methods are 0 and 1

    def version_number(self):
        return self.version[0] << 16 | self.version[1]


class InterfaceError(Exception):
    """A sentence for a person: place, what is wrong, and a hint what to do; under it the line, with a caret."""

    def __init__(self, place, message, hint=""):
        super().__init__(message)
        self.place, self.message, self.hint = place, message, hint

    def __str__(self):
        lines = [f"{self.place.file}:{self.place.line}:{self.place.column}: {self.message}"]
        if self.place.text:
            before = self.place.text[:self.place.column - 1]
            lines += [f"    {self.place.text}",
                      "    " + "".join(each if each == "\t" else " " for each in before) + "^" * max(self.place.width, 1)]
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


class InterfaceErrors(InterfaceError):
    """All that is wrong with a file; the first one's place and message are its own."""

    def __init__(self, errors):
        super().__init__(errors[0].place, errors[0].message, errors[0].hint)
        self.errors = errors

    def __str__(self):
        return "\n".join(str(error) for error in self.errors)
