"""The kernel's side of a system call: prototypes of the handlers, the table that dispatch goes by, and names.

A handler gets typed arguments. The hand-written dispatcher resolves the handles that the table lists, and the
small functions generated here cast the registers to the handler's types and its results back.
"""
from registers import MAX_HANDLES
from stubs import result_name
from text import comment, wrapped_list

ARG_C = {"handle_any": "handle_t ", "word": "uintptr_t ", "size": "size_t ", "u32": "uint32_t ", "u64": "uint64_t ",
         "deadline": "uint64_t ", "va": "vaddr_t ", "ptr": "user_ptr_t "}
RESULT_C = {"handle": "handle_t", "word": "uintptr_t", "va": "vaddr_t", "u64": "uint64_t"}

PROTOTYPES_HEAD = """\
/* syscalls.h - the handlers of the system calls: what the dispatcher calls. Generated from abi/, do not edit.
 * Handles have been resolved to live objects of the right type, with the rights named; where a call names none, the
 * handle's rights follow the object. Results are written only with E_OK. The handler of a raw call reads and writes
 * the registers of `self` itself, its handles included. */
#pragma once
#include "types.h"
"""
DECLARATIONS = """\
/* dispatch.h - the table that system calls are dispatched by. Generated from abi/, do not edit.
 * The dispatcher copies a0-a6 and the deadline into call_arguments, puts for each handle of the entry the object's
 * address into a[slot] and the handle's rights into rights[i], calls invoke, and returns the first result_count
 * results in a1, a2, ... of a raw entry it only calls invoke. A number without invoke is E_BAD_CALL. */
#pragma once
#include "types.h"

#define CALL_HANDLES_MAX {handles}
#define CALL_RESULTS_MAX 6

struct thread;

struct call_arguments {{
    uintptr_t a[7];
    uint64_t deadline_ns;
    uint32_t rights[CALL_HANDLES_MAX];
}};

struct handle_argument {{
    uint8_t slot;   /* index into call_arguments.a */
    uint8_t type;   /* OBJECT_... */
    {rights} rights; /* all of these, or E_RIGHTS; 0: the handler looks */
}};

struct call_entry {{
    err_t (*invoke)(struct thread *self, const struct call_arguments *in, uintptr_t *results);
    struct handle_argument handles[CALL_HANDLES_MAX];
    uint8_t handle_count;
    uint8_t result_count; /* registers */
    uint8_t raw;
}};

extern const struct call_entry call_entries[CALL_COUNT];
"""
TABLE_HEAD = """\
/* dispatch.c - from the registers of a system call to its handler and back. Generated from abi/, do not edit. */
#include "dispatch.h"
#include "syscalls.h"

/* A 64-bit value takes two registers on RV32, low half first, and one on RV64. */
enum { WIDE = sizeof(uint64_t) / sizeof(uintptr_t) };

static inline uint64_t wide(const uintptr_t *low)
{
    return WIDE == 2 ? (uint64_t)low[WIDE - 1] << 32 | low[0] : low[0];
}

static inline void wide_set(uintptr_t *low, uint64_t value)
{
    low[WIDE - 1] = (uintptr_t)(value >> (WIDE == 2 ? 32 : 0));
    low[0] = (uintptr_t)value;
}
"""


# --- prototypes ------------------------------------------------------------------------------------------------

def parameters(call):
    listed = ["struct thread *self"]
    for arg in call.args:
        if arg.type == "handle":
            listed.append(f"struct {arg.object} *{arg.name}")
            listed += [] if arg.rights else [f"uint32_t {arg.name}_rights"]
        else:
            listed.append(ARG_C[arg.type] + arg.name)
    return listed + [f"{RESULT_C[result.type]} *{result_name(call, result)}" for result in call.results]


def prototype(call):
    listed = ["struct thread *self"] if call.raw else parameters(call)
    return wrapped_list(f"err_t sys_{call.name}(", listed, ");")


def handler_doc(call):
    flags = [word for word, said in (("raw", call.raw), ("may block", call.blocking)) if said]
    names = [failure.name for failure in call.errors]
    text = call.summary + (f" ({', '.join(flags)})" if flags else "")
    return comment([text + (f" Errors: {', '.join(names)}." if names else "")])


def prototypes(contract):
    structs = "\n".join(f"struct {known.name};" for known in contract.objects)
    blocks = [f"{handler_doc(call)}\n{prototype(call)}" for call in contract.calls]
    return "\n\n".join([PROTOTYPES_HEAD.strip(), structs, *blocks]) + "\n"


def declarations(contract):
    wide = any(right.bit > 15 for right in contract.rights)
    return DECLARATIONS.format(handles=MAX_HANDLES, rights="uint32_t" if wide else "uint16_t")


# --- the table -------------------------------------------------------------------------------------------------

def positions(items):
    """Index expression of each ordinary item among the registers."""
    narrow, wide, found = 0, 0, {}
    for item in items:
        if item.type == "deadline":
            continue
        found[item.name] = register_sum(narrow, wide)
        narrow, wide = (narrow, wide + 1) if item.type == "u64" else (narrow + 1, wide)
    return found


def register_count(items):
    """How many registers these results take."""
    wide = sum(item.type == "u64" for item in items)
    return register_sum(len(items) - wide, wide)


def register_sum(narrow, wide):
    """So many registers, of which those of 64-bit values count by width."""
    terms = [str(narrow)] if narrow or not wide else []
    terms += [f"{wide} * WIDE" if wide > 1 else "WIDE"] if wide else []
    return " + ".join(terms)


def actual(arg, index, handle_index):
    """The C expressions for one argument of the handler."""
    register = f"in->a[{index}]"
    if arg.type == "handle":
        return [f"(struct {arg.object} *){register}"] + ([] if arg.rights else [f"in->rights[{handle_index}]"])
    if arg.type == "deadline":
        return ["in->deadline_ns"]
    if arg.type == "u64":
        return [f"wide(&{register})"]
    return [f"(user_ptr_t){{{register}}}" if arg.type == "ptr" else f"({ARG_C[arg.type].strip()}){register}"]


def actuals(call):
    index, listed = positions(call.args), ["self"]
    for arg in call.args:
        listed += actual(arg, index.get(arg.name), call.handles.index(arg) if arg in call.handles else 0)
    return listed + [f"&{result_name(call, result)}" for result in call.results]


def invoke(call):
    """The function between the table and the handler."""
    head = f"static err_t invoke_{call.name}(struct thread *self, const struct call_arguments *in, uintptr_t *results)"
    lines = [f"return sys_{call.name}(self);"] if call.raw else invoke_body(call)
    used = "\n".join(lines)
    unused = [f"(void){name};" for name, use in (("in", "in->"), ("results", "results[")) if use not in used]
    return "\n".join([head, "{", *("    " + line for line in unused + lines), "}"])


def invoke_body(call):
    if not call.results:
        return [wrapped_list(f"return sys_{call.name}(", actuals(call), ");", "        ")]
    names = [(result, result_name(call, result)) for result in call.results]
    index = positions(call.results)
    lines = [f"{RESULT_C[result.type]} {name} = 0;" for result, name in names]
    lines.append(wrapped_list(f"err_t err = sys_{call.name}(", actuals(call), ");", "        "))
    for result, name in names:
        place = f"results[{index[result.name]}]"
        lines.append(f"wide_set(&{place}, {name});" if result.type == "u64" else f"{place} = {name};")
    return lines + ["return err;"]


def entry(call):
    index = positions(call.args)
    handles = []
    for handle in call.handles:
        rights = " | ".join(f"RIGHT_{name}" for name in handle.rights) or "0"
        handles.append(f"{{{index[handle.name]}, OBJECT_{handle.object.upper()}, {rights}}}")
    fields = [f".invoke = invoke_{call.name}"]
    if handles:
        fields += [f".handles = {{{', '.join(handles)}}}", f".handle_count = {len(handles)}"]
    if call.results and not call.raw:
        fields.append(f".result_count = {register_count(call.results)}")
    if call.raw:
        fields.append(".raw = 1")
    return wrapped_list(f"    [CALL_{call.name.upper()}] = {{", fields, "},", "        ")


def table(contract):
    rows = ["const struct call_entry call_entries[CALL_COUNT] = {", *(entry(call) for call in contract.calls), "};"]
    return "\n\n".join([TABLE_HEAD.strip(), *(invoke(call) for call in contract.calls), "\n".join(rows)]) + "\n"


# --- names -----------------------------------------------------------------------------------------------------

NAMES_HEADER = """\
/* names.h - the contract's names and sentences, for people who read a trace. Generated from abi/, do not edit.
 * Indexed by number; a number that is not used has a null pointer. */
#pragma once
#include "contract.h"

#define ERR_COUNT {errors}

extern const char *const call_names[CALL_COUNT];
extern const char *const object_names[OBJECT_TYPE_COUNT];
extern const char *const err_names[ERR_COUNT];
extern const char *const err_sentences[ERR_COUNT];
"""


def names_header(contract):
    return NAMES_HEADER.format(errors=max(error.number for error in contract.errors) + 1)


def string_table(name, count, rows):
    lines = [f'    [{key}] = "{text}",' for key, text in rows]
    return "\n".join([f"const char *const {name}[{count}] = {{", *lines, "};"])


def names(contract):
    head = """/* names.c - the contract's names and sentences. Generated from abi/, do not edit. */\n#include "names.h\""""
    tables = [
        string_table("call_names", "CALL_COUNT", [(f"CALL_{call.name.upper()}", call.name) for call in contract.calls]),
        string_table("object_names", "OBJECT_TYPE_COUNT",
                     [(f"OBJECT_{known.name.upper()}", known.name) for known in contract.objects]),
        string_table("err_names", "ERR_COUNT", [(f"E_{error.name}", error.name) for error in contract.errors]),
        string_table("err_sentences", "ERR_COUNT", [(f"E_{error.name}", error.sentence) for error in contract.errors]),
    ]
    return "\n\n".join([head, *tables]) + "\n"
