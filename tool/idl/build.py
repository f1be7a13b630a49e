"""build.py - tree of a file -> the classes of model.py: names resolved, defaults filled in, every rule checked that
concerns one item. What concerns a whole message is in rules.py, what concerns names in names.py."""

import contextlib
import re

import names
import rules
from contract_facts import ANY, facts
from model import (COPY_BYTES, FIRST_METHOD, INTEGERS, LOAN_BYTES, Array, Bool, Constant, Doc, Enum, EnumRef, Error,
                   Event, Field,
                   Handle, Id, Integer, InterfaceError, InterfaceErrors, Loan, Method, Parameter, Protocol, Run, Signal,
                   Struct,
                   StructRef, Text, Value)

COMMON = "interface"          # the file that all protocols share
COMMON_ERRORS = (64, 127)
OWN_ERRORS = (128, 255)
METHODS_MAX = 255
SIGNAL_BITS = 30
EVERYWHERE = ("METHOD", "MALFORMED", "NEWER")
DOC_PARAMETER = re.compile(r"([a-z][a-z0-9_]*): +(.*)")


class Broken(Exception):
    """A type or constant that is wrong itself: said once, where it stands."""


class Builder:
    def __init__(self, source, tree, common):
        self.source, self.tree, self.common = source, tree, common
        self.errors = []
        self.numbers = {}              # constants by name; None: broken
        self.types = {}                # Enum or Struct by name; None: broken

    # --- helpers -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def collecting(self):
        """One item's errors do not hide the next one's."""
        try:
            yield
        except InterfaceErrors as error:
            self.errors += error.errors
        except InterfaceError as error:
            self.errors.append(error)
        except Broken:
            pass

    def fail(self, token, message, hint=""):
        raise InterfaceError(self.source.at(token), message, hint)

    def items(self, *kinds):
        return [tree for tree in self.tree.children if getattr(tree, "data", None) in kinds]

    @staticmethod
    def words(tree):
        """An item's own tokens, without doc comments."""
        return [child for child in tree.children if not hasattr(child, "data") and child.type != "DOC"]

    @staticmethod
    def part(tree, kind):
        return next((child for child in tree.children if getattr(child, "data", None) == kind), None)

    def doc(self, tree, parameters=()):
        doc, kept, last = Doc(), [], None
        for token in tree.children:
            if getattr(token, "type", "") != "DOC":
                continue
            text = token[3:].rstrip()
            for mark in ("/*", "*/", "\\"):
                if mark in text:
                    self.fail(token, f"`{mark}` may not stand in a doc comment, which becomes a comment in C",
                              "leave it out")
            found = DOC_PARAMETER.fullmatch(text.strip())
            if found and parameters is not None:
                last = found.group(1)
                if last not in parameters:
                    self.fail(token, f"this describes a parameter `{last}`, which is not there",
                              names.near(last, parameters) or "a line `name: text` describes a parameter; write it otherwise if it shall not")
                doc.params[last] = found.group(2)
            elif last and text.startswith("  "):
                doc.params[last] += " " + text.strip()
            else:
                last = None
                kept.append(text.removeprefix(" "))
        doc.text = "\n".join(kept).strip()
        return doc

    def number(self, token, least=0, most=(1 << 64) - 1, what="the number"):
        value = self.number_value(token)
        if not least <= value <= most:
            self.fail(token, f"{what} is {least} to {most}, and not {token}" + (f", which is {value}" if token.type == "NAME" else ""))
        return value

    def number_value(self, token):
        if token.type == "NAME":
            if token not in self.numbers:
                self.fail(token, f"there is no constant `{token}` above this line", names.near(token, self.numbers))
            if self.numbers[token] is None:
                raise Broken
            return self.numbers[token]
        if not re.fullmatch(r"0x[0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,19}", token) or int(token, 0) >= 1 << 64:
            self.fail(token, f"`{token}` is no number",
                      "decimal or 0x and hexadecimal digits, below 2^64, without leading zeros")
        return int(token, 0)

    def version(self, token):
        major, minor = token.split(".")
        if len(token) > 11 or int(major) > 0xffff or int(minor) > 0xffff:
            self.fail(token, f"`{token}` is no version", "MAJOR.MINOR, each below 65536")
        if (major, minor) != (str(int(major)), str(int(minor))):
            self.fail(token, f"`{token}` has leading zeros", f"write {int(major)}.{int(minor)}")
        return int(major), int(minor)

    def since(self, tree, of=None, what=""):
        """The version that brought an item; `of`: that of the type it stands in."""
        least = of or (self.protocol.version[0], 0)
        clause = self.part(tree, "since")
        if clause is None:
            return least
        token = clause.children[0]
        since = self.version(token)
        newest = self.protocol.version
        if since[0] != newest[0]:
            self.fail(token, f"since {token} is of another major version than {spell(newest)}",
                      f"what a major version begins with is since {newest[0]}.0, and needs no since")
        if since > newest:
            self.fail(token, f"since {token} is newer than the protocol, which is version {spell(newest)}",
                      f"raise the version at the top to {token}")
        if since < least:
            self.fail(token, f"since {token} is older than {what}, which is since {spell(least)}", "leave it out")
        return since

    def unique(self, seen, name, what):
        if name in seen:
            self.fail(name, f"there is {what} `{name}` already, in line {seen[name].line}", "rename one of them")
        seen[name] = name

    # --- the file ------------------------------------------------------------------------------------------------

    def build(self):
        name, number, version = self.words(self.tree)
        self.is_common = name == COMMON
        self.protocol = Protocol(str(name), 0, (1, 0), [], [], [], [], [], [], [], [], Doc(), self.source.at(name),
                                 self.common)
        # Half of all else is compared with it.
        self.protocol.version = self.version(version)
        if self.protocol.version[0] == 0:
            self.fail(version, "versions begin with 1.0")
        with self.collecting():
            self.header(name, number)
        with self.collecting():
            self.protocol.doc = self.doc(self.tree, None)
        self.constants()
        self.enums()
        self.structs()
        self.own_errors()
        self.methods()
        self.signals()
        self.errors += names.clashes(self.protocol) if not self.errors and not self.is_common else []
        if self.errors:
            raise InterfaceErrors(sorted(self.errors, key=lambda error: (error.place.line, error.place.column)))
        return self.protocol

    def header(self, name, number):
        names.check_lower(self.source.at(name), name, "protocol")
        if number.type == "NAME":
            self.fail(number, "a protocol's number is written out",
                      "four letters by habit, such as 0x6c6f6720 for \"log \"")
        self.protocol.number = self.number(number, *((0, 0) if self.is_common else (1, 0xffffffff)),
                                           what="a protocol's number")

    # --- constants, enums, flags ---------------------------------------------------------------------------------

    def constants(self):
        seen = {}
        for tree in self.items("constant"):
            name, number = self.words(tree)
            self.numbers.setdefault(str(name), None)
            with self.collecting():
                names.check_upper(self.source.at(name), name, "constant")
                self.unique(seen, name, "a constant")
                value = self.number(number)
                self.numbers[str(name)] = value
                self.protocol.constants.append(Constant(str(name), value, self.doc(tree, None), self.source.at(name),
                                                        self.since(tree)))

    def enums(self):
        self.seen_types = {}
        for tree in self.items("enum", "flags"):
            name, base = self.words(tree)
            self.types.setdefault(str(name), None)
            with self.collecting():
                self.type_name(name)
                self.types[str(name)] = self.enum(tree, name, base)
                self.protocol.enums.append(self.types[str(name)])

    def type_name(self, name):
        names.check_lower(self.source.at(name), name, "type")
        if name in names.BUILTIN:
            self.fail(name, f"`{name}` is a type of the language", "choose another name")
        self.unique(self.seen_types, name, "a type")

    def enum(self, tree, name, base):
        if base not in ("u8", "u16", "u32", "u64"):
            self.fail(base, f"the values of `{name}` are u8, u16, u32 or u64, and not `{base}`",
                      names.near(base, INTEGERS))
        flags, since = tree.data == "flags", self.since(tree)
        enum = Enum(str(name), Integer(str(base)), [], flags, self.doc(tree, None), self.source.at(name), since)
        seen, numbers = {}, {}
        for each in self.items_of(tree, "value"):
            value, number = self.words(each)
            names.check_upper(self.source.at(value), value, "value")
            self.unique(seen, value, "a value")
            known = self.number(number, 0, (1 << 8 * enum.base.bytes) - 1, f"a value of {base}")
            if flags and known.bit_count() != 1:
                self.fail(number, f"a flag is one bit, and {number} has {known.bit_count()}",
                          "for several bits together make a const")
            if known in numbers:
                self.fail(number, f"{number} is the number of `{numbers[known]}` already",
                          "numbers are never used twice")
            numbers[known] = value
            enum.values.append(Value(str(value), known, self.doc(each, None), self.source.at(value),
                                     self.since(each, since, f"`{name}`")))
        if not enum.values:
            self.fail(name, f"`{name}` has no values", "write at least one")
        if all(value.since > since for value in enum.values):
            self.fail(name, f"no value of `{name}` is as old as the type itself")
        return enum

    @staticmethod
    def items_of(tree, kind):
        return [child for child in tree.children if getattr(child, "data", None) == kind]

    # --- structs -------------------------------------------------------------------------------------------------

    def structs(self):
        trees = self.items("struct")
        self.struct_names = [str(self.words(tree)[0]) for tree in trees]
        for tree in trees:
            name = self.words(tree)[0]
            self.types.setdefault(str(name), None)
            with self.collecting():
                self.type_name(name)
                self.types[str(name)] = self.struct(tree, name)
                self.protocol.structs.append(self.types[str(name)])

    def struct(self, tree, name):
        since, place, seen, fields = self.since(tree), self.source.at(name), {}, []
        for each in self.items_of(tree, "field"):
            field = self.words(each)[0]
            names.check_lower(self.source.at(field), field, "field")
            if field in ("size", "reserved"):
                self.fail(field, f"the compiler makes the field `{field}` itself",
                          "leave it out" if field == "size" else "choose another name")
            self.unique(seen, field, "a field")
            kind = self.field_type(self.part_type(each))
            fields.append(Field(str(field), kind, 0, self.doc(each, None), self.source.at(field),
                                self.since(each, since, f"`{name}`")))
            self.uses(field, fields[-1].since, kind)
            self.zero_for_older(field, fields[-1], since)
        if not fields:
            self.fail(name, f"`{name}` has no fields", "write at least one; the field `size` is made by the compiler")
        struct = Struct(str(name), fields, 0, 0, self.doc(tree, None), place, since)
        rules.struct_lay_out(struct)
        return struct

    def uses(self, token, since, kind):
        """What is old cannot be of a type that is newer."""
        of = getattr(kind, "enum", None) or getattr(kind, "struct", None)
        if of and of.since > since:
            self.fail(token, f"`{token}` is since {spell(since)}, and its type `{of.name}` only since {spell(of.since)}",
                      f"say since {spell(of.since)} here, too, or make the type older")

    def zero_for_older(self, token, field, since):
        """A newer field is zero in what older programs send, and that must mean something."""
        enum = getattr(field.type, "enum", None)
        if field.since > since and enum and not enum.flags and not any(each.number == 0 and each.since <= field.since for each in enum.values):
            self.fail(token, f"`{token}` is zero in what programs older than {spell(field.since)} send, and `{enum.name}` has no value 0",
                      "use an enum that has one")

    @staticmethod
    def part_type(tree):
        """The tree of a field's or parameter's type."""
        return next(child for child in tree.children if getattr(child, "data", "since") != "since")

    def field_type(self, tree):
        if tree.data == "array":
            return self.array(*tree.children)
        if tree.data == "named":
            kind = self.named(tree.children[0])
            if not isinstance(kind, StructRef):
                return kind
            self.fail(tree.children[0], "a struct stands in no other struct", "write its fields here")
        raise InterfaceError(self.tree_place(tree), f"{TITLES[tree.data]} stands in no struct",
                             "pass it as a parameter; a text of fixed length is text[N]")

    def tree_place(self, tree):
        """Where a type begins that has no token of its own."""
        line, column = tree.meta.line, tree.meta.column
        return self.source.place(line, column, tree.meta.end_column - column if tree.meta.end_line == line else 1)

    def array(self, element, count):
        if element == "text":
            return Text(self.number(count, 2, 4096, "the size of a text, with its NUL,"))
        if element not in INTEGERS:
            self.fail(element, f"an array is of integers or a text, and not of `{element}`",
                      names.near(element, ["text", *INTEGERS]))
        return Array(Integer(str(element)), self.number(count, 1, 4096, "the count of an array"))

    def named(self, token):
        if token in INTEGERS:
            return Integer(str(token))
        if token in ("bool", "id"):
            return Bool() if token == "bool" else Id()
        if token == "text":
            self.fail(token, "a text has a size", "text[N]: at most N - 1 bytes, and a NUL")
        if token not in self.types:
            if token in getattr(self, "struct_names", []):
                self.fail(token, "a struct stands in no other struct", "write its fields here")
            self.fail(token, f"there is no type `{token}`", names.near(token, [*names.BUILTIN, *self.types]))
        found = self.types[token]
        if found is None:
            raise Broken
        return EnumRef(found) if isinstance(found, Enum) else StructRef(found)

    # --- errors --------------------------------------------------------------------------------------------------

    def own_errors(self):
        seen, numbers = {}, {}
        for tree in self.items("error"):
            with self.collecting():
                name, number, text = self.words(tree)
                names.check_upper(self.source.at(name), name, "error")
                self.unique(seen, name, "an error")
                least, most = COMMON_ERRORS if self.is_common else OWN_ERRORS
                known = self.number(number, least, most,
                                    "the number of an error" + ("" if self.is_common else " of a protocol"))
                if known in numbers:
                    self.fail(number, f"{number} is the number of `{numbers[known]}` already",
                              "numbers are never used twice")
                if name in self.shared_errors():
                    self.fail(name, f"`{name}` is {self.shared_errors()[name]} already",
                              "use that one, or choose another name")
                if not text[1:-1].strip() or "\\" in text:
                    self.fail(text, "an error has a sentence for people, without `\\`", "say what went wrong")
                numbers[known] = name
                self.protocol.errors.append(Error(str(name), known, str(text[1:-1]), self.doc(tree, None),
                                                  self.source.at(name), self.since(tree)))

    def shared_errors(self):
        """{name: whose} of the errors that are not this protocol's."""
        found = {name: "an error of the kernel's" for name in facts().errors}
        return found | {error.name: "a status that all protocols share" for error in (self.common.errors if self.common else [])}

    def error_names(self, clause):
        own = {error.name: error for error in self.protocol.errors}
        known, seen, found = self.shared_errors(), {}, []
        for name in clause.children if clause else []:
            if name in EVERYWHERE:
                self.fail(name, f"`{name}` is what every method may answer", "leave it out")
            if name not in known and name not in own or name == "OK":
                self.fail(name, f"there is no error `{name}`", names.near(name, [*known, *own]))
            self.unique(seen, name, "an error")
            found.append(str(name))
        return found

    # --- methods and events --------------------------------------------------------------------------------------

    def methods(self):
        taken, seen = {}, {}
        for tree in self.items("reserved"):
            for token in self.words(tree):
                with self.collecting():
                    number = self.number(token, FIRST_METHOD, METHODS_MAX, "the number of a method")
                    self.take(taken, number, token, "reserved")
                    self.protocol.reserved.append(number)
        for tree in self.items("method", "event"):
            with self.collecting():
                self.method(tree, taken, seen)
        self.protocol.methods.sort(key=lambda method: method.number)
        self.protocol.events.sort(key=lambda event: event.number)
        self.protocol.reserved.sort()

    def take(self, taken, number, token, what):
        if number in taken:
            whose = taken[number]
            hint = "give it a new one: numbers are never used again" if whose == "reserved" else "give one of them another number"
            self.fail(token, f"the number {number} is {'reserved: it is one that is gone' if whose == 'reserved' else 'that of ' + whose}", hint)
        taken[number] = what

    def method(self, tree, taken, seen):
        number, name = self.words(tree)
        what = str(tree.data)
        least, most = (0, 1) if self.is_common else (FIRST_METHOD, METHODS_MAX)
        known = self.number(number, least, most, f"the number of {names.article(what)} {what}")
        self.take(taken, known, number, f"`{name}`")
        names.check_lower(self.source.at(name), name, what)
        if not self.is_common and name in ("info", "connect", "connect_version"):
            self.fail(name, f"every protocol has {names.article(name)} `{name}` already", "choose another name")
        self.unique(seen, name, "a method or an event")
        since, used = self.since(tree), {}
        inputs = self.parameters(self.part(tree, "inputs"), used, since)
        if what == "event":
            made = Event(known, str(name), inputs, self.doc(tree, used), self.source.at(name), since)
            self.protocol.events.append(made)
        else:
            made = self.method_made(tree, known, name, inputs, used, since)
            self.protocol.methods.append(made)
        self.described(made)
        rules.message_check(made)

    def method_made(self, tree, number, name, inputs, used, since):
        outputs = self.parameters(self.part(tree, "outputs"), used, since)
        said = {}
        for modifier in self.items_of(tree, "modifier"):
            token = modifier.children[0]
            if token in said:
                self.fail(token, f"`{token}` stands here twice", "once is enough")
            said[str(token)] = token
        if "forwarded" in said and not self.is_common:
            self.fail(said["forwarded"], "only `connect` is forwarded, which all protocols share", "leave it out")
        return Method(number, str(name), inputs, outputs, self.error_names(self.part(tree, "errors")),
                      "idempotent" in said,
                      "oneway" in said, self.doc(tree, used), self.source.at(name), since, "forwarded" in said)

    def described(self, made):
        """What the doc comment says of a parameter goes to the parameter, too."""
        for parameter in [*made.inputs, *getattr(made, "outputs", [])]:
            parameter.doc = made.doc.params.get(parameter.name, "")

    def parameters(self, tree, used, since):
        found = []
        for each in self.items_of(tree, "parameter") if tree else []:
            name = each.children[0]
            names.check_lower(self.source.at(name), name, "parameter")
            if name == self.protocol.name:
                self.fail(name, f"`{name}` is the protocol, and stubs call the connection so", "choose another name")
            self.unique(used, name, "a parameter")
            kind = self.parameter_type(self.part_type(each))
            self.uses(name, since, kind)
            found.append(Parameter(str(name), kind, "", self.source.at(name)))
        return found

    def parameter_type(self, tree):
        kind = tree.data
        if kind == "named":
            return self.named(tree.children[0])
        if kind == "array":
            self.fail(tree.children[0], "arrays and texts of fixed size stand in structs only",
                      "write string<MIN..MAX> or bytes<MIN..MAX>, or put it into a struct")
        if kind == "handle":
            return self.handle(tree)
        if kind == "move":
            return Handle("memory", (), moved=True)
        most = LOAN_BYTES if kind.startswith("lend") else COPY_BYTES
        least = 1 if kind.startswith("lend") else 0
        bounds = self.part(tree, "bounds")
        if bounds is None:
            raise InterfaceError(self.tree_place(tree), f"{TITLES[kind]} has bounds",
                                 f"write {SPELLED[kind]}<MIN..MAX>, in bytes")
        low = self.number(bounds.children[0], least, most, "the least size")
        high = self.number(bounds.children[1], max(low, 1), most, "the greatest size")
        return Loan(low, high, kind == "lend_mut") if kind.startswith("lend") else Run(str(kind), low, high)

    def handle(self, tree):
        words, rights, known = self.words(tree), self.part(tree, "rights"), facts()
        kind = words[0]
        if kind != ANY and kind not in known.objects:
            self.fail(kind, f"there is no object type `{kind}`",
                      names.near(kind, known.objects) or "the types are " + ", ".join([*known.objects, ANY]))
        of, seen = self.part(tree, "of"), {}
        if of and kind != "connection":
            self.fail(of.children[0], f"a {kind} speaks no protocol", "only `connection of PROTOCOL` does")
        for right in rights.children if rights else []:
            if right not in known.rights:
                self.fail(right, f"there is no right `{right}`", names.near(right, known.rights_of(kind)))
            if right not in known.rights_of(kind):
                self.fail(right, f"a {kind} does not have the right {right}, which is a {known.rights[right][1]}'s",
                          f"a {kind} has " + ", ".join(known.rights_of(kind)))
            if right == "RECEIVE":
                self.fail(right, "the right RECEIVE is never sent in a message", "leave it out")
            self.unique(seen, right, "a right")
        return Handle(str(kind), tuple(seen), len(words) > 1, str(of.children[0]) if of else "")

    # --- signals -------------------------------------------------------------------------------------------------

    def signals(self):
        seen, bits = {}, {}
        for tree in self.items("signal"):
            with self.collecting():
                name, number = self.words(tree)
                names.check_upper(self.source.at(name), name, "signal")
                self.unique(seen, name, "a signal")
                bit = self.number(number, 1, (1 << SIGNAL_BITS) - 1,
                                  f"a signal's bit, which lies below 2^{SIGNAL_BITS},")
                if bit.bit_count() != 1:
                    self.fail(number, f"a signal is one bit, and {number} has {bit.bit_count()}",
                              "write 0x1, 0x2, 0x4 and so on")
                if bit in bits:
                    self.fail(number, f"{number} is the bit of `{bits[bit]}` already", "give one of them another bit")
                bits[bit] = name
                self.protocol.signals.append(Signal(str(name), bit, self.doc(tree, None), self.source.at(name),
                                                    self.since(tree)))


SPELLED = {"string": "string", "strings": "strings", "bytes": "bytes", "lend": "lend bytes",
           "lend_mut": "lend_mut bytes",
           "move": "move memory", "handle": "handle"}
TITLES = {"string": "a string", "strings": "a list of strings", "bytes": "a run of bytes", "lend": "a loan",
          "lend_mut": "a loan",
          "move": "a moved memory", "handle": "a handle"}


def spell(version):
    return f"{version[0]}.{version[1]}"
