"""A display, a keyboard and a tablet, seen and used from outside: what programs draw is fetched from QEMU as a picture and
compared pixel by pixel, and keys and moves are sent by QMP (tool/qemu/qmp.py).

One machine for each width, in which the checks follow each other. The last picture stays in build/rvNN/screen.png.
"""

import os
import re
import struct
import zlib

from check import WIDTHS, Check, Job, failed, passed, tail
from part_scenario import Scenario, goals, image_build
from qemu import Machine, gpu_words
from qmp import Qmp

SIDES = WIDTH, HEIGHT = 640, 480
SQUARE, SQUARE_COLOUR = 16, 0xFFD000
INK, PAPER, SHINE, POINTER, POINTER_PRESSED = 0x2B2440, 0xFBF9FF, 0xFFFFFF, 0xFFFFFF, 0xFF5A7A
KEYS = {"a": 30, "b": 48, "c": 46, "d": 32, "e": 18, "f": 33, "x": 45}


class DisplayError(Exception):
    """What was not as it should be, as one sentence."""


# --- pictures ----------------------------------------------------------------------------------------------------

def unfilter(kind, line, above):
    """One row of a PNG of three bytes a pixel, as the filter of that kind left it (PNG, 9.2)."""
    for i, byte in enumerate(line):
        left, up, corner = (line[i - 3] if i > 2 else 0), above[i], (above[i - 3] if i > 2 else 0)
        guess = left + up - corner
        nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        line[i] = byte + (0, left, up, (left + up) // 2, nearest)[kind] & 255
    return line


class Picture:
    """A PNG with 8 bits for each of red, green and blue. rows: bytes of each."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        place, packed = 8, b""
        while place < len(content):
            size, kind = struct.unpack_from(">I4s", content, place)
            if kind == b"IHDR":
                self.sides, form = struct.unpack_from(">II", content, place + 8), content[place + 16:place + 21]
            elif kind == b"IDAT":
                packed += content[place + 8:place + 8 + size]
            place += 12 + size
        if self.sides != SIDES or form != bytes([8, 2, 0, 0, 0]):
            raise DisplayError(f"the picture {path} has {self.sides} pixels in format {form.hex()}")
        raw, step = zlib.decompress(packed), 3 * WIDTH + 1
        self.rows, above = [], bytes(3 * WIDTH)
        for start in range(0, len(raw), step):
            above = unfilter(raw[start], bytearray(raw[start + 1:start + step]), above)
            self.rows.append(above)

    def colour(self, x, y):
        return int.from_bytes(self.rows[y][3 * x:3 * x + 3], "big")

    def expect(self, colour_of, what):
        """Each pixel has the colour that colour_of(x, y) gives."""
        for y, row in enumerate(self.rows):
            wanted = b"".join(colour_of(x, y).to_bytes(3, "big") for x in range(WIDTH))
            if wanted != row:
                x = next(x for x in range(WIDTH) if wanted[3 * x:3 * x + 3] != row[3 * x:3 * x + 3])
                raise DisplayError(f"{what}: at {x}, {y} there is {self.colour(x, y):06x}, not {colour_of(x, y):06x}")

    def expect_at(self, *places):
        for x, y, colour in places:
            if self.colour(x, y) != colour:
                raise DisplayError(f"at {x}, {y} there is {self.colour(x, y):06x}, not {colour:06x}")


def painted(squares):
    """The colour of each pixel that test/target/painter draws, with so many squares."""
    def pattern(x, y):
        return (x * 5 & 255) << 16 | (y * 3 & 255) << 8 | ((x ^ y) & 255)

    def colour(x, y):
        if y // SQUARE == HEIGHT // SQUARE - 2 and x // SQUARE < squares:
            return SQUARE_COLOUR
        in_part = 300 <= x < 400 and 300 <= y < 350
        in_corner = x >= WIDTH - SQUARE and y >= HEIGHT - SQUARE
        return pattern(x, y) if y < HEIGHT // 2 or in_part or in_corner else 0x204060

    return colour


# --- the checks, in their order ------------------------------------------------------------------------------------

class Desk:
    """A machine with a person at it."""

    def __init__(self, machine, qmp, folder):
        self.machine, self.qmp, self.path = machine, qmp, os.path.join(folder, "screen.png")
        self.squares = 0
        self.started = []        # numbers of programs in the background

    def start(self, line, *patterns):
        """Starts a program in the background."""
        self.machine.send(line + " &\n")
        self.started.append(self.machine.expect(r"^\[(\d+)\]")[1])
        self.see(*patterns)

    def type(self, line, *patterns):
        self.machine.send(line + "\n")
        self.see(*patterns)

    def see(self, *patterns):
        for pattern in patterns:
            if not self.machine.expect(pattern):
                raise DisplayError(f"QEMU ended before this came: {pattern}")

    def see_all(self, *patterns):
        """All of these, in any order: two programs print."""
        start, end = self.machine.place, 0
        for pattern in patterns:
            self.machine.place = start
            self.see(pattern)
            end = max(end, self.machine.place)
        self.machine.place = end

    def strike(self, key):
        """A key of which painter tells, and for which it draws a square."""
        other = r"\s+(?:heard .*\s+)*"     # what another program says in between
        self.qmp.keys(key)
        self.see(rf"key {KEYS[key]} 1{other}square {self.squares}{other}key {KEYS[key]} 0\s")
        self.squares += 1

    def picture(self):
        self.qmp.screenshot(self.path)
        return Picture(self.path)


def pattern(desk):
    desk.start("test-painter", rf"painted {WIDTH} x {HEIGHT}\s")
    desk.picture().expect(painted(0), "the pattern")


def keys(desk):
    for key in "abc":
        desk.strike(key)
    desk.picture().expect(painted(3), "three squares")


def owner(desk):
    desk.type("screen info", "another program has the display", "nacre> ")
    desk.picture().expect(painted(3), "after a second program asked")


def killed(desk):
    for key in "de":
        desk.type("kill virtio-gpu", "nacre> ")
        desk.strike(key)
        desk.picture().expect(painted(desk.squares), "after the driver was killed")


def keyboard_killed(desk):
    desk.type("kill virtio-input", r"reports lost\s")
    desk.strike("f")


def grab(desk):
    desk.start("test-painter listen", r"listening\s")
    desk.qmp.keys("f1")
    desk.see_all(r"grab 0\s", r"key 59 0\s", r"heard 59 1\s")
    start = desk.machine.place
    desk.strike("x")
    desk.strike("x")
    desk.qmp.keys("f2")
    desk.see_all(r"grab 0\s", r"key 60 0\s", r"reports not heard\s")
    if re.search(rf"heard ({KEYS['x']}|60 1)", desk.machine.output[start:]):
        raise DisplayError("a client heard keys that another one had for itself")
    desk.strike("a")
    desk.machine.place = start
    desk.see_all(rf"heard {KEYS['a']} 1\s", rf"heard {KEYS['a']} 0\s", rf"key {KEYS['a']} 0\s")


def black(desk):
    for number in desk.started:
        desk.type(f"kill {number}", "nacre> ")
    desk.type("test-painter black", rf"painted {WIDTH} x {HEIGHT}\s")
    desk.picture().expect(lambda x, y: 0, "after the owner was killed")


def screen(desk):
    desk.start("screen -v", "Escape on the display")
    before = desk.picture()
    before.expect_at((90, 122, INK), (100, 366, PAPER), (553, 125, SHINE))
    desk.qmp.keys("n")
    desk.see(r"key 49 up\s")
    desk.qmp.move(400, 300)
    desk.see(r"pointer 400 300\s")
    desk.picture().expect_at((104, 371, INK), (105, 373, INK), (107, 371, PAPER), (400, 300, INK), (401, 302, POINTER))
    desk.qmp.button("left", True)
    desk.see(r"key 272 down\s")
    desk.picture().expect_at((401, 302, POINTER_PRESSED))
    desk.qmp.button("left", False)
    desk.qmp.move(639, 479)
    desk.see(r"pointer 639 479\s")
    desk.picture().expect_at((400, 300, before.colour(400, 300)), (639, 479, INK))


def screen_restarted(desk):
    """Watches end with the driver; the program looks again by itself."""
    desk.type("kill virtio-input1", "nacre> ")
    desk.type("kill virtio-input", "nacre> ")
    desk.type("kill virtio-gpu", "nacre> ")
    desk.type("screen info", "another program has the display", "nacre> ")   # the driver is back
    desk.qmp.move(200, 440)
    desk.see(r"pointer 200 440\s")
    desk.qmp.keys("a", "c", "r", "e")
    desk.see(r"key 18 up\s")
    desk.picture().expect_at((90, 122, INK), (200, 440, INK), (104, 371, INK))
    desk.qmp.keys("esc")
    desk.see(r"key 1 down\s")
    desk.type("wait", "ended with status 0")


CHECKS = {
    pattern: "what fill, draw and blit draw is on the display after a flush, each pixel in its exact colour",
    keys: "keys that are pressed arrive at the program, in order, and what it draws for each is seen",
    owner: "a second program is told that the display has an owner, and changes nothing",
    killed: "a display's driver that is killed shows the whole picture again, and its owner goes on drawing",
    keyboard_killed: "a keyboard's driver that is killed comes back, and says that reports may be lost",
    grab: "a program that grabs the keyboard hears keys alone; the others hear afterwards that something is missing",
    black: "when a display's owner is killed the picture turns black, and the next program may draw",
    screen: "screen draws its picture, the letters typed, and a pointer that follows the tablet and leaves no trace",
    screen_restarted: "screen goes on after the drivers of display, keyboard and tablet were killed, and ends at Escape",
}


def play(desk, names, width):
    """Results of all checks; after one that failed the others cannot be done."""
    wrong = ""
    for check in CHECKS:
        name = f"display.{check.__name__}.rv{width}"
        if not wrong:
            try:
                check(desk)
            except (DisplayError, TimeoutError, OSError) as error:
                wrong = f"{tail(desk.machine.output)}\n{str(error) or 'nothing came in time'}"
                yield failed(name, wrong)
                continue
        yield failed(name, f"a check before it failed: {wrong.splitlines()[-1]}") if wrong else passed(name)


def job(width):
    folder = f"build/rv{width}"
    scenario = Scenario(name="display-desk", system="display-test", options="deadline=600000000000",
                        files={"bin/test-painter": "{build}/program/test-painter"})

    def run(names):
        socket = f"{folder}.display.qmp"     # beside the folder: what copies that cannot copy a socket
        image = image_build(scenario, width)
        with Machine(width, "16M", image, "typed", extra=gpu_words(socket), seconds=100) as machine:
            machine.expect("nacre> ")
            with Qmp(socket) as qmp:
                yield from play(Desk(machine, qmp, folder), names, width)

    return Job([Check(f"display.{check.__name__}.rv{width}", sentence) for check, sentence in CHECKS.items()], run,
               goals=goals(scenario, width), repeat=f"make test ONLY=display WIDTH={width}")


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
