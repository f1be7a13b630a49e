"""dictionary.py - what a fuzzer wants to know of a protocol: NAME.dict, a dictionary as libFuzzer and AFL read it, and
NAME.json, a grammar: for each method where everything travels (as decoder.py has it), a message that is allowed, and
the messages that differ from it in one thing and must be refused, each with the status that must come."""

import json

from decoder import describe
from hostile import BAD_TEXT, messages
from model import Run
from wire import request


def number(value, size=4):
    return value.to_bytes(size, "little")


def tokens(protocol):
    """name -> bytes that mean something."""
    found = {"protocol": number(protocol.number)}
    for each in [*protocol.methods, *protocol.events]:
        found[f"method_{each.name}"] = number(each.number)
        for parameter in [*each.inputs, *getattr(each, "outputs", [])]:
            if isinstance(parameter.type, Run):
                for name, bound in (("min", parameter.type.min), ("max", parameter.type.max)):
                    for off in (-1, 0, 1):
                        if bound + off >= 0:
                            found[f"{each.name}_{parameter.name}_{name}{off:+d}" if off else f"{each.name}_{parameter.name}_{name}"] = number(bound + off)
    for enum in protocol.enums:
        for value in enum.values:
            found[f"{enum.name}_{value.name}"] = number(value.number, enum.base.bytes)
    for struct in protocol.structs:
        found[f"size_{struct.name}"] = number(struct.bytes)
        found[f"size_{struct.name}_newer"] = number(struct.bytes + 8)
    for signal in protocol.signals:
        found[f"signal_{signal.name}"] = number(signal.bit)
    for index, (_, bad) in enumerate(BAD_TEXT):
        found[f"text_{index}"] = bad
    return found


def dictionary(protocol):
    lines = [f"# Made by tool/idl from idl/{protocol.name}.nid: what means something in protocol {protocol.name}."]
    seen = set()
    for name, data in tokens(protocol).items():
        if data not in seen:
            seen.add(data)
            lines.append(f'{name.replace("+", "_more").replace("-", "_less")}="' + "".join(f"\\x{byte:02x}" for byte in data) + '"')
    return "\n".join(lines) + "\n"


def message_json(message):
    made = {"opcode": message.opcode, "words": list(message.words), "data": message.data.hex()}
    if any(message.wide):
        made["wide"] = list(message.wide)
    if message.handles:
        made["handles"] = [{"object": kind, "rights": list(rights)} for kind, rights in message.handles]
    if message.loan:
        made["loan"] = {"bytes": message.loan, "writable": message.loan_writable}
    return made


def grammar(protocol):
    about = describe(protocol)
    bad = list(messages(protocol))
    for each in protocol.methods:
        about["methods"][str(each.number)]["valid"] = message_json(request(each))
        about["methods"][str(each.number)]["refused"] = [
            {"why": hostile.why, "expect": hostile.expect, "only64": hostile.only64, **message_json(hostile.message)}
            for hostile in bad if hostile.method == each.name]
    about["unknown"] = [{"why": hostile.why, "expect": hostile.expect,
                         **message_json(hostile.message)} for hostile in bad if not hostile.method]
    return json.dumps({"protocol": protocol.name, **about}, indent=1) + "\n"


def generate(protocols):
    served = [protocol for protocol in protocols if protocol.common]
    return {f"{protocol.name}.dict": dictionary(protocol) for protocol in served} | \
           {f"{protocol.name}.json": grammar(protocol) for protocol in served}
