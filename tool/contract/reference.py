"""The reference pages, in Markdown: one page a noun, and pages for errors, objects and structures."""
from header import number
from layout import SCALARS, layouts
from registers import assign
from stubs import prototype, result_name

NOTE = "<!-- Generated from abi/ by tool/contract/contract.py. Do not edit. -->"


def table(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def page(title, *blocks):
    return "\n\n".join([f"# {title}", NOTE, *(block for block in blocks if block)]) + "\n"


# --- calls -----------------------------------------------------------------------------------------------------

def registers(call, item, outgoing):
    """Registers of an argument or result; both widths where they differ."""
    found = []
    for width in (32, 64):
        assignment = assign(call, width)
        slots = assignment.outs if outgoing else assignment.ins
        names = [slot.register for slot in slots if slot.item is item]
        words = [f"{names[0]}-{names[5]}"] if len(names) >= 6 else names[:6]
        found.append(", ".join(words + names[6:]))
    return found[0] if found[0] == found[1] else f"RV32 {found[0]}; RV64 {found[1]}"


def arguments(call):
    rows = []
    for item in call.args:
        kind, summary = item.type, item.summary
        if item.type == "handle":
            kind = f"handle of a [{item.object}](objects.md#{item.object})"
            rights = f"needs {' and '.join(item.rights)}" if item.rights else "rights: see errors"
            summary = f"{summary}; {rights}" if summary else rights
        rows.append([f"`{item.name}`", kind, registers(call, item, False), summary])
    return "**Arguments**\n\n" + table(["name", "type", "registers", "meaning"], rows) if rows else ""


def results(call):
    rows = [[f"`{result_name(call, item) if item.type != 'words' else item.name}`", item.type,
             registers(call, item, True), item.summary] for item in call.results]
    return "**Results**\n\n" + table(["name", "type", "registers", "meaning"], rows) if rows else ""


def failures(call, hints):
    """One row an error, with all its causes."""
    causes = {}
    for failure in call.failures():
        causes.setdefault(failure.name, []).append(failure.cause)
    rows = [[f"[{name}](errors.md#{name.lower()})", "; or ".join(listed), hints[name]]
            for name, listed in causes.items()]
    if call.noreturn:
        return "Does not return."
    return "**Errors**\n\n" + table(["error", "cause", "what to do"], rows) if rows else "Cannot fail."


def section(call, hints):
    facts = [f"Number {call.number}"] + ["may wait"] * call.blocking
    blocks = [f"## nacre_{call.name}", " ".join(filter(None, (call.summary, call.doc))),
              f"```c\n{prototype(call)};\n```", ", ".join(facts) + ".", arguments(call), results(call),
              failures(call, hints)]
    return "\n\n".join(block for block in blocks if block)


def noun_page(noun, calls, contract):
    known = next((known for known in contract.objects if known.name == noun), None)
    hints = {error.name: error.hint for error in contract.errors}
    contents = "\n".join(f"- [nacre_{call.name}](#nacre_{call.name}): {call.summary}" for call in calls)
    about = f"A [{noun}](objects.md#{noun}) is {known.summary}." if known else ""
    return page(f"Calls: {noun}", about, contents, *(section(call, hints) for call in calls))


# --- the other pages -------------------------------------------------------------------------------------------

def errors_page(contract):
    blocks = ["Every error a system call can answer, in a0. Numbers are never reused."]
    for error in contract.errors:
        calls = [f"[{call.name}]({call.noun}.md#nacre_{call.name})" for call in contract.calls
                 if any(failure.name == error.name for failure in call.failures())]
        blocks.append(f"## {error.name}\n\n{error.number}, `NACRE_E_{error.name}`: {error.sentence}."
                      + (f" What to do: {error.hint}." if error.hint else ""))
        blocks.append("Answered by: " + ", ".join(calls) + "." if calls else "")
    return page("Errors", *blocks)


def objects_page(contract):
    blocks = ["What a handle can name, and what it can allow."]
    for known in contract.objects:
        rows = [[f"`{right.name}`", right.bit, right.summary] for right in contract.rights_of(known.name)]
        blocks.append(f"## {known.name}\n\nType {known.number}: {known.summary}.\n\n"
                      + table(["right", "bit", "allows"], rows))
    rows = [[f"`NACRE_KIND_{kind.name}`", kind.number, kind.summary] for kind in contract.kinds]
    blocks.append("## Kinds of message\n\n" + table(["kind", "number", "meaning"], rows))
    for name, members in contract.constant_sets().items():
        rows = [[f"`NACRE_{each.name}`", number(each.value), each.summary] for each in members]
        blocks.append(f"## Constants: {name}\n\n" + table(["name", "value", "meaning"], rows))
    return page("Objects, rights and constants", *blocks)


def structures_page(contract):
    narrow, wide = layouts(contract, 32), layouts(contract, 64)
    blocks = ["Structures in user memory: natural C layout. Offsets and sizes in bytes, RV32 / RV64 where they differ."]
    for struct in contract.structs:
        small, large = narrow[struct.name], wide[struct.name]
        rows = []
        for field in struct.fields:
            kind = field.type if field.type in SCALARS else f"[{field.type}](#nacre_{field.type})"
            rows.append([f"`{field.name}`", kind + (f" x {field.count}" if field.count else ""),
                         both(small.offsets[field.name][0], large.offsets[field.name][0]), field.summary])
        blocks.append(f"## nacre_{struct.name}\n\n{struct.summary}. Size: {both(small.size, large.size)}.\n\n"
                      + table(["field", "type", "offset", "meaning"], rows))
    return page("Structures", *blocks)


def both(small, large):
    return str(small) if small == large else f"{small} / {large}"


def pages(contract):
    """File name -> text."""
    nouns = {}
    for call in contract.calls:
        nouns.setdefault(call.noun, []).append(call)
    files = {f"{noun}.md": noun_page(noun, calls, contract) for noun, calls in nouns.items()}
    files |= {"errors.md": errors_page(contract), "objects.md": objects_page(contract),
              "structures.md": structures_page(contract)}
    rows = [[call.number, f"[nacre_{call.name}]({call.noun}.md#nacre_{call.name})", call.summary]
            for call in sorted(contract.calls, key=lambda call: call.number)]
    about = (f"The kernel's contract, version {contract.major}.{contract.minor}. See also [errors](errors.md), "
             "[objects, rights and constants](objects.md), [structures](structures.md).")
    return files | {"README.md": page("System calls", about, table(["number", "call", "what it does"], rows))}
