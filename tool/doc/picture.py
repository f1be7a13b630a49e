#!/usr/bin/python3
"""picture.py - a picture of Nacre running: a session in QEMU, drawn as a terminal in SVG.

    picture.py --image build/rv32/image --out doc/picture/session.svg

What it shows is what the machine printed. Numbers differ from build to build, so the picture in the tree is compared with
a new session after all digits are made the same (faults).
"""

import argparse
import html
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from session import PROMPT, Session  # noqa: E402

WIDTH = 32
TYPED = ["ps", "hello from the shell", "crash null", "kill time", "log -n 1", "mem", "poweroff"]
COLUMN, ROW, MARGIN = 7.83, 17, 14
BACK, TEXT, MARK, STRONG = "#1d2126", "#c8d0d8", "#7fb7a6", "#ffffff"


def lines_shown(image):
    """The session's lines, from the banner to the end of the machine."""
    with Session(WIDTH, image) as session:
        text = session.banner.lstrip("\n")
        for line in TYPED:
            text += f"{PROMPT}{line}\n" + session.type(line)
    return [line.rstrip() for line in text.splitlines()]


def draw(lines):
    width = max(len(line) for line in lines) * COLUMN + 2 * MARGIN
    height = len(lines) * ROW + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}">\n'
           f"<title>A session at Nacre's shell</title>\n"
           f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>\n'
           f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" fill="{TEXT}" xml:space="preserve">\n')
    for number, line in enumerate(lines):
        y = MARGIN + ROW * number + 12
        text = html.escape(line, quote=False)
        if line.startswith(PROMPT):
            text = (f'<tspan fill="{MARK}">{PROMPT}</tspan>'
                    f'<tspan fill="{STRONG}" font-weight="bold">{html.escape(line[len(PROMPT):], quote=False)}</tspan>')
        # A fixed length, so that columns stay columns in whatever font is there.
        length = f' textLength="{len(line) * COLUMN:.1f}" lengthAdjust="spacingAndGlyphs"' if line else ""
        yield f'<text x="{MARGIN}" y="{y}"{length} xml:space="preserve">{text}</text>\n'
    yield "</g>\n</svg>\n"


def lines_drawn(path):
    with open(path, encoding="utf-8") as file:
        return [html.unescape(re.sub(r"<[^>]*>", "", text)) for text in re.findall(r"<text[^>]*>(.*)</text>", file.read())]


def shape(line):
    """A line with its numbers, and the blanks that make room for them, all the same."""
    return re.sub(r" +", " ", re.sub(r"\b0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", "0", re.sub(r"(?<=\d),(?=\d)", "", line))).strip()


def faults(path, image):
    drawn, shown = lines_drawn(path), lines_shown(image)
    for one, two in zip(drawn, shown):
        if shape(one) != shape(two):
            yield f"the picture has: {one}\nthe machine:     {two}"
            return
    if len(drawn) != len(shown):
        yield f"the picture has {len(drawn)} lines, the session {len(shown)}"


def main():
    parser = argparse.ArgumentParser(description="Draws a session.")
    parser.add_argument("--image", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    text = "".join(draw(lines_shown(args.image)))
    with open(args.out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
