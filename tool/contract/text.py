"""Writing text: files that only change when their content does, and C comments that fit a line."""
import os
import textwrap

WIDTH = 116


def write_changed(path, text):
    """Writes the file unless it holds this text already; whoever reads meanwhile sees the old text or the new."""
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def comment(lines, indent=""):
    """A C comment of these lines, each wrapped with a hanging indent."""
    wrapped = []
    for line in lines:
        wrapped += textwrap.wrap(line, WIDTH - len(indent), subsequent_indent="    ", break_on_hyphens=False) or [""]
    return f"{indent}/* " + f"\n{indent} * ".join(wrapped) + " */"


def wrapped_list(head, parts, tail, indent="    "):
    """`head` + comma separated parts + `tail`, broken between parts where a line grows too long."""
    lines, pieces = [head], [part + ", " for part in parts[:-1]] + [part + tail for part in parts[-1:] or [""]]
    for piece in pieces:
        if len(lines[-1] + piece.rstrip()) > WIDTH:
            lines.append(indent)
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
