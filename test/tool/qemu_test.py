"""tool/qemu/qemu.py: input arrives whole, its end is told, the exit status comes back, and nothing stays behind.

The guest is a few lines of C in flash that echo what the UART receives until EOT, then power off with status 7.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tool/qemu"))
import qemu  # noqa: E402

DRIVER = str(ROOT / "tool/qemu/qemu.py")
GUEST = r"""
__asm__(".section .text.start\n .globl _start\n_start: li sp, 0x80010000\n j echo");
static volatile unsigned char *const uart = (volatile unsigned char *)0x10000000;
void echo(void)
{
	for (const char *text = "ready\n"; *text; text++)
		uart[0] = *text;
	for (;;) {
		while (!(uart[5] & 1))
			;
		unsigned char c = uart[0];
		if (c == 4)
			break;
		uart[0] = c;
	}
	*(volatile unsigned *)0x100000 = 7 << 16 | 0x3333;
	for (;;)
		;
}
"""


def setUpModule():
    global image, folder
    folder = tempfile.TemporaryDirectory()
    place = Path(folder.name)
    (place / "guest.c").write_text(GUEST)
    (place / "guest.lds").write_text("SECTIONS { . = 0x20000000; .text : { *(.text.start) *(.text*) *(.rodata*) *(.srodata*) } }")
    subprocess.run(["riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-misa-spec=2.2", "-mcmodel=medany",
                    "-Os", "-nostdlib", "-static", "-T", "guest.lds", "-Wl,--build-id=none", "-o", "guest.elf", "guest.c"],
                   cwd=place, check=True)
    subprocess.run(["riscv64-unknown-elf-objcopy", "-O", "binary", "guest.elf", "guest.image"], cwd=place, check=True)
    image = str(place / "guest.image")


def tearDownModule():
    folder.cleanup()


def drive(text, *words):
    return subprocess.run([DRIVER, "--image", image, "--seconds", "30", *words], input=text, capture_output=True, timeout=60)


def gone(pid):
    """Whether a process ends within five seconds; a zombie has ended."""
    for _ in range(50):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False


class Piped(unittest.TestCase):
    def test_nothing_is_lost(self):
        """All of 20,000 bytes arrive, in order, though the UART takes 16 at a time."""
        text = b"".join(b"line %06d\n" % number for number in range(1666))
        done = drive(text)
        self.assertEqual(done.stdout, b"ready\n" + text)

    def test_status(self):
        """The guest's exit code is the driver's exit status."""
        self.assertEqual(drive(b"").returncode, 7)

    def test_empty_input(self):
        """Input that is empty from the start ends the run."""
        self.assertEqual(drive(b"").stdout, b"ready\n")

    def test_last_line_is_ended(self):
        """A last line without newline gets one, so that the shell runs it before the input's end."""
        self.assertEqual(drive(b"poweroff").stdout, b"ready\npoweroff\n")

    def test_wall_clock(self):
        """A guest that does not end is stopped after --seconds with one sentence and status 124."""
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        done = subprocess.run([DRIVER, "--image", image, "--seconds", "0.5"], stdin=read, capture_output=True, timeout=30)
        os.close(read)
        self.assertEqual(done.returncode, 124)
        self.assertIn(b"stopped after 0.5 s", done.stderr)


class Mistakes(unittest.TestCase):
    def test_no_image(self):
        """A missing image gives one sentence that names it."""
        done = subprocess.run([DRIVER, "--image", "/no/such"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "qemu.py: cannot read the image /no/such: No such file or directory.\n"))

    def test_image_too_big(self):
        """An image larger than the flash is refused before QEMU starts."""
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(33554433)
            done = subprocess.run([DRIVER, "--image", file.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("has 33554433 bytes, the flash only 33554432", done.stderr)


class Killed(unittest.TestCase):
    def start(self):
        """A driver whose input stays open, and its QEMU's process ID once the guest runs."""
        driver = subprocess.Popen([DRIVER, "--image", image], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(driver.wait)
        self.addCleanup(driver.stdout.close)
        self.addCleanup(driver.stdin.close)
        self.assertEqual(driver.stdout.readline(), b"ready\n")
        children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
        self.assertEqual(len(children), 1)
        return driver, int(children[0])

    def test_killed_driver(self):
        """When the driver is killed with SIGKILL, QEMU is gone as well."""
        driver, guest = self.start()
        driver.kill()
        self.assertTrue(gone(guest))

    def test_terminated_driver(self):
        """SIGTERM to the driver ends QEMU."""
        driver, guest = self.start()
        driver.send_signal(signal.SIGTERM)
        self.assertTrue(gone(guest))


class Scripted(unittest.TestCase):
    def test_send_and_expect(self):
        """A test sends after it has seen what it waits for, and learns the status."""
        with qemu.Machine(32, "16M", image) as machine:
            self.assertTrue(machine.expect("^ready$"))
            machine.send("one\n")
            self.assertEqual(machine.expect("(o.e)\n").group(1), "one")
            machine.send_end()
            self.assertEqual(machine.wait(), 7)

    def test_expect_goes_on(self):
        """What one expect() took, the next does not see again; None tells that QEMU has ended."""
        with qemu.Machine(32, "16M", image) as machine:
            machine.expect("ready")
            machine.send_end()
            self.assertIsNone(machine.expect("ready"))

    def test_limit(self):
        """A machine that is silent for too long raises TimeoutError, and leaving the block kills it."""
        with qemu.Machine(32, "16M", image, seconds=0.5) as machine:
            with self.assertRaises(TimeoutError):
                machine.expect("never")
            pid = machine.process.pid
        self.assertTrue(gone(pid))

    def test_carriage_returns(self):
        """A terminal's line ends come out as newlines."""
        with qemu.Machine(32, "16M", image) as machine:
            machine.send("a\r\nb")
            machine.send_end()
            machine.wait()
        self.assertEqual(machine.output, "ready\na\nb")

    def test_deterministic(self):
        """Two runs for tests get the same command line, with instruction counting, a fixed clock and a seed."""
        words = qemu.command_line(64, "16M", None, "test")
        self.assertEqual(words, qemu.command_line(64, "16M", None, "test"))
        self.assertEqual(words[0], "qemu-system-riscv64")
        for word in ("shift=0,sleep=off", "base=2024-01-01,clock=vm", "-seed"):
            self.assertIn(word, words)


if __name__ == "__main__":
    unittest.main()
