"""transcript.py - compares what a page says comes out with what came out.

In the page, `…` stands for any text within a line, and a line of nothing but `…` for any number of lines, also none.
One or more blanks match any number of blanks from one on, so that a column may be wider than it was; blanks at a
line's end and empty lines at the end of the output do not count. All else must be the same.
"""

import re

ANY = "…"


def pattern(line):
    """The regular expression of one line."""
    parts = [re.escape(part) for part in line.rstrip().split(ANY)]
    return re.compile(re.sub(r"(?:\\ )+", r"[ ]+", ".*?".join(parts)) + r"\s*", re.DOTALL)


def lines_of(text):
    return text.replace("\r\n", "\n").rstrip().splitlines()


def first_difference(expected, got):
    """None where they agree, else (line number in `expected` from 0, line number in `got` from 0) of the first line that
    has no counterpart, as far down as any reading of the wildcards comes."""
    wanted, lines = lines_of(expected), lines_of(got)
    worst = (0, 0)
    seen = set()
    waiting = [(0, 0)]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        i, j = place
        worst = max(worst, place)
        if i == len(wanted):
            if j == len(lines):
                return None
        elif wanted[i].strip() == ANY:
            waiting += [(i, j + 1)] if j < len(lines) else []
            waiting.append((i + 1, j))
        elif j < len(lines) and pattern(wanted[i]).fullmatch(lines[j]):
            waiting.append((i + 1, j + 1))
    return worst


def difference(expected, got):
    """A report for people, or "" where they agree."""
    place = first_difference(expected, got)
    if place is None:
        return ""
    wanted, lines = lines_of(expected), lines_of(got)
    i, j = place
    text = f"the page says: {wanted[i] if i < len(wanted) else '(nothing more)'}\n"
    text += f"what came:     {lines[j] if j < len(lines) else '(nothing more)'}\n"
    return text + "all that came:\n" + "".join(f"  {line}\n" for line in lines)
