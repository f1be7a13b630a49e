#!/usr/bin/python3
"""decode.py - shows messages as text, for host tools: `log.write(level: INFO, text: "ready")`.

    decoder = Decoder.load("build/gen/idl.json")
    decoder.request("log", 2, [2, 0, 0, 0, 0], b"ready")
    decoder.answer("log", 2, 0, [0, 0, 0, 0, 0])
    decoder.event("counter", 16, [7, 0, 0, 0, 0])

    decode.py build/gen/idl.json log request 2 2 0 0 0 0 --data 7265616479

It reads what idl.py --decoder wrote, and needs no compiler. Messages may be hostile: whatever the bytes are, the answer
is text, and what does not fit the protocol is marked with a `?` and a word why.
"""

import argparse
import json
import struct
import sys

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i8": 1, "i16": 2, "i32": 4, "i64": 8}
SHOWN_BYTES = 64
HALF = 0xffffffff


def quoted(data):
    """Bytes as a text in quotes that shows no control characters; long ones are cut."""
    text = data[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    text = "".join(each if each.isprintable() and each != '"' else escape(each) for each in text)
    return f'"{text}"' + (f"... ({len(data)} bytes)" if len(data) > SHOWN_BYTES else "")


def is_text(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def escape(character):
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"'}.get(character, f"\\x{ord(character):02x}")


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def integer(value, kind):
    """A number that came in a word of either width, or in a struct."""
    bits = 8 * SIZES[kind]
    if kind[0] == "i":
        # A word is filled up with the sign, on the width of the machine that is not known here.
        low = value & ((1 << bits) - 1)
        filled = {low | (-1 << bits) & mask if low >> (bits - 1) & 1 else low for mask in (0xffff, HALF, 0xffffffffffffffff) if mask >> bits or bits == 64}
        return str(signed(low, bits)) if value in filled | {low} else f"{value}?(too large)"
    return str(value) if value >> bits == 0 else f"{value}?(too large)"


def one_of(value, field):
    name = field["values"].get(str(value))
    return name if name else f"{value}?(unknown)"


def bits_of(value, field):
    names = [name for number, name in field["values"].items() if value & int(number)]
    rest = value & ~sum(int(number) for number in field["values"])
    return " | ".join(names + [f"{rest:#x}?(unknown)"] * bool(rest)) or "0"


def value_of(field, value):
    kind = field["kind"]
    if kind == "enum":
        return one_of(value, field)
    if kind == "flags":
        return bits_of(value, field)
    if kind == "bool":
        return {0: "false", 1: "true"}.get(value, f"{value}?(no bool)")
    if kind == "loan":
        wrong = "" if field["min"] <= value <= field["max"] else "?(size)"
        return f"{'lend_mut' if field['writable'] else 'lend'} {value} bytes{wrong}"
    return integer(value, field["type"])


# --- parts of a message --------------------------------------------------------------------------------------------

def in_words(field, words):
    first = field["word"]
    if field["kind"] == "id":
        parts = words[first:first + 4]
        return "".join(f"{word & HALF:08x}" for word in parts) + "?(words of 32 bits)" * any(word > HALF for word in parts)
    if field.get("type") in ("u64", "i64"):
        if any(word > HALF for word in words[first:first + 2]):
            return f"{words[first]:#x}, {words[first + 1]:#x}?(halves of 32 bits)"
        return value_of(field, words[first] | words[first + 1] << 32)
    return value_of(field, words[first])


def in_struct(field, data):
    offset, kind = field["offset"], field["kind"]
    size = {"bool": 1, "id": 16}.get(kind) or field.get("bytes") or SIZES[field["type"]] * field.get("count", 1)
    piece = data[offset:offset + size]
    if len(piece) < size:
        return None
    if kind == "text":
        text, nul, rest = piece.partition(b"\0")
        return quoted(text) + "?(no NUL)" * (not nul) + "?(more behind NUL)" * any(rest) + "?(no UTF-8)" * (not is_text(text))
    if kind == "id":
        return "".join(f"{word:08x}" for word in struct.unpack("<4I", piece))
    if kind == "array":
        unit = SIZES[field["type"]]
        return "[" + ", ".join(integer(int.from_bytes(piece[at:at + unit], "little"),
                                       field["type"]) for at in range(0, size, unit)) + "]"
    return value_of(field, int.from_bytes(piece, "little"))


def struct_text(about, data):
    """(text, bytes of it that came)"""
    if len(data) < 4:
        return "?(cut)", len(data)
    size = int.from_bytes(data[:4], "little")
    if not about["bytes_first"] <= size <= len(data) or size % 8:
        return f"?(its size is {size}, and {len(data)} bytes came)", len(data)
    parts = []
    for field in about["fields"][1:]:
        text = in_struct(field, data[:size])
        if text is not None and (field["name"] != "reserved" or any(data[field["offset"]:size][:8])):
            parts.append(f"{field['name']}: {text}" + "?(not zero)" * (field["name"] == "reserved"))
    if any(data[about["bytes"]:size]):
        parts.append("?(newer fields)")
    return "{" + ", ".join(parts) + "}", size


def run_text(run, data):
    wrong = "" if run["min"] <= len(data) <= run["max"] else "?(size)"
    if run["kind"] == "strings":
        ends = data.endswith(b"\0") or not data
        pieces = data[:-1].split(b"\0") if data and ends else data.split(b"\0") if data else []
        return "[" + ", ".join(quoted(piece) for piece in pieces) + "]" + wrong + "?(no NUL at the end)" * (not ends) + "?(no UTF-8)" * (not is_text(data))
    if run["kind"] == "string":
        return quoted(data) + wrong + "?(no UTF-8)" * (not is_text(data)) + "?(NUL)" * (b"\0" in data)
    text = data[:SHOWN_BYTES]
    shown = quoted(data) if text.isascii() and all(byte >= 32 or byte in b"\n\r\t" for byte in text) else \
        "<" + text.hex() + (">" if len(data) <= SHOWN_BYTES else f"...> ({len(data)} bytes)")
    return shown + wrong


def copied_text(side, data, texts):
    """Puts the text of struct and runs into `texts`; returns what is wrong with the whole."""
    length = None
    if len(side["runs"]) == 2:
        if len(data) < 8:
            return f"?({len(data)} bytes came)"
        length, zero = struct.unpack("<II", data[:8])
        data = data[8:]
        if zero:
            return "?(word behind the first length)"
    if "struct" in side:
        texts[side["struct"]["name"]], size = struct_text(side["struct"], data)
        data = data[size:]
    runs = list(side["runs"])
    if length is not None:
        if length > len(data):
            return f"?(the first run has {length} bytes, and {len(data)} came)"
        first = runs.pop(0)
        texts[first["name"]] = run_text(first, data[:length])
        data = data[length:]
    if runs:
        texts[runs[0]["name"]] = run_text(runs[0], data)
    elif data:
        return f"?({len(data)} bytes more)"
    return ""


def side_text(side, words, data, handles):
    texts = {field["name"]: in_words(field, words) for field in side["words"]}
    wrong = copied_text(side, data, texts)
    for number, handle in enumerate(side["handles"]):
        text = "moved memory" if handle["moved"] else handle["object"]
        if number < len(handles):
            texts[handle["name"]] = f"{text} {handles[number]:#x}"
        else:
            texts[handle["name"]] = "none" if handle["optional"] else "?(missing)"
    parts = [f"{name}: {texts.get(name, '?(missing)')}" for name in side["order"]]
    if len(handles) > len(side["handles"]):
        parts.append(f"?({len(handles) - len(side['handles'])} handles more)")
    return ", ".join(parts + [wrong] * bool(wrong))


class Decoder:
    def __init__(self, made):
        self.made = made
        self.by_number = {about["number"]: name for name, about in made["protocols"].items()}

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def find(self, protocol, opcode, kind):
        """(name of the protocol, message or None). `protocol` is a name or a number."""
        name = self.by_number.get(protocol, protocol)
        about = self.made["protocols"].get(name, {})
        found = about.get(kind, {}).get(str(opcode))
        if found is None and kind == "methods":
            found = self.made["methods"].get(str(opcode))
        return name if isinstance(name, str) else f"{name:#x}", found

    def words(self, words):
        return (list(words) + [0] * self.made["words"])[:self.made["words"]]

    def message(self, protocol, opcode, words, data, handles, kind):
        name, found = self.find(protocol, opcode, kind)
        words = self.words(words)
        if found is None:
            return f"{name}.{opcode}?({', '.join(f'{word:#x}' for word in words)}" + (f", {len(data)} bytes" if data else "") + ")"
        return f"{name}.{found['name']}({side_text(found['request'], words, bytes(data), list(handles))})"

    def request(self, protocol, opcode, words=(), data=b"", handles=()):
        return self.message(protocol, opcode, words, data, handles, "methods")

    def event(self, protocol, opcode, words=(), data=b"", handles=()):
        return self.message(protocol, opcode, words, data, handles, "events")

    def status(self, protocol, status):
        name = self.by_number.get(protocol, protocol)
        own = self.made["protocols"].get(name, {}).get("statuses", {})
        return own.get(str(status)) or self.made["statuses"].get(str(status)) or f"status {status}?"

    def answer(self, protocol, opcode, status, words=(), data=b"", handles=()):
        name, found = self.find(protocol, opcode, "methods")
        called = found["name"] if found else f"{opcode}?"
        if status or found is None:
            return f"{name}.{called} -> {self.status(protocol, status)}"
        return f"{name}.{called} -> ({side_text(found['answer'], self.words(words), bytes(data), list(handles))})"

    def signals(self, protocol, bits):
        """The names of the bits of a signal."""
        known = self.made["protocols"].get(self.by_number.get(protocol, protocol), {}).get("signals", {})
        return bits_of(bits, {"values": known})


def main():
    parser = argparse.ArgumentParser(description="Shows a message as text.")
    parser.add_argument("json", help="what idl.py --decoder wrote")
    parser.add_argument("protocol", help="its name or number")
    parser.add_argument("what", choices=("request", "answer", "event"))
    parser.add_argument("numbers", nargs="+", type=lambda text: int(text, 0),
                        help="opcode (and status, for an answer), then up to five words")
    parser.add_argument("--data", type=bytes.fromhex, default=b"", help="copied data, hexadecimal")
    parser.add_argument("--handles", type=lambda text: int(text, 0), nargs="*", default=[])
    args = parser.parse_args()
    decoder, protocol = Decoder.load(args.json), int(args.protocol, 0) if args.protocol[0].isdigit() else args.protocol
    fixed = 2 if args.what == "answer" else 1
    if len(args.numbers) < fixed:
        parser.error("an answer has an opcode and a status")
    print(getattr(decoder, args.what)(protocol, *args.numbers[:fixed], args.numbers[fixed:], args.data, args.handles))
    return 0


if __name__ == "__main__":
    sys.exit(main())
