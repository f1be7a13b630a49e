"""Where the fields of the structures in user memory lie: the natural C layout of RISC-V, for both widths."""
from dataclasses import dataclass

# type -> (bytes on RV32, bytes on RV64, C type). A scalar is aligned to its size.
SCALARS = {
    "u8": (1, 1, "uint8_t"),
    "u16": (2, 2, "uint16_t"),
    "u32": (4, 4, "uint32_t"),
    "i32": (4, 4, "int32_t"),
    "u64": (8, 8, "uint64_t"),
    "word": (4, 8, "uintptr_t"),
    "ptr": (4, 8, "uintptr_t"),
    "size": (4, 8, "size_t"),
}


@dataclass(frozen=True)
class Layout:
    size: int
    align: int
    offsets: dict                   # field -> (offset, bytes)


def round_up(value, align):
    return (value + align - 1) // align * align


def layout_struct(struct, width, done):
    """Layout of one struct; `done` holds those of the structs before it."""
    offset, align, offsets = 0, 1, {}
    for field in struct.fields:
        if field.type in SCALARS:
            size = field_align = SCALARS[field.type][0 if width == 32 else 1]
        else:
            size, field_align = done[field.type].size, done[field.type].align
        offset = round_up(offset, field_align)
        offsets[field.name] = (offset, size * max(field.count, 1))
        offset += size * max(field.count, 1)
        align = max(align, field_align)
    return Layout(round_up(offset, align), align, offsets)


def layouts(contract, width):
    """Struct name -> Layout."""
    done = {}
    for struct in contract.structs:
        done[struct.name] = layout_struct(struct, width, done)
    return done
