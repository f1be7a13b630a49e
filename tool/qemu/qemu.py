#!/usr/bin/python3
"""qemu.py - the one place that starts QEMU: for a person, for a pipe, under gdb, and for tests.

    qemu.py --image build/rv32/image                     a person: Ctrl-A X leaves, Ctrl-C goes to the guest
    printf 'ps\\n' | qemu.py --image build/rv32/image     a pipe: every byte arrives, then the end of input
    qemu.py --image ... --gdb build/rv32/kernel.elf      gdb-multiarch, stopped at the kernel's first line
    from qemu import Machine                             tests: send, expect, wait

The machine itself is data: board/qemu-virt/machine.toml. The image goes into an anonymous memory file, padded to
the flash's size where it is in flash, so nothing is written to disk and two runs never share a file.

End of input: a serial line has none, so when standard input is not a terminal its end is sent as the byte EOT
(Ctrl-D, 0x04) at the start of a line. The shell takes that for the end of its input and powers off.

Nothing is left running: QEMU dies with this process whatever ends it (PR_SET_PDEATHSIG), and a test's machine has
its own process group and a limit in wall-clock time. That limit is only a net: guest time is bounded by the image's
boot option `deadline=` in the guest itself, where a slow host makes no difference.
"""

import argparse
import codecs
import ctypes
import io
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
BOARD = os.path.join(HERE, "../../board/qemu-virt/machine.toml")
HELPERS = os.path.normpath(os.path.join(HERE, "../gdb/nacre.py"))
EOT = b"\x04"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class QemuError(Exception):
    """What the caller did wrong, as one sentence."""


def die_with_parent():
    """Runs in the child before exec. SIGKILL: QEMU must not be able to linger over it."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def image_file(image, size):
    """A memory file descriptor holding the image, padded with holes to the flash's size in bytes; 0: as it is."""
    try:
        with open(image, "rb") as file:
            content = file.read()
    except OSError as error:
        raise QemuError(f"cannot read the image {image}: {error.strerror}.") from error
    if size and len(content) > size:
        raise QemuError(f"the image {image} has {len(content)} bytes, the flash only {size}.")
    fd = os.memfd_create("image", 0)
    os.write(fd, content)
    os.ftruncate(fd, size or len(content))
    return fd


def command_line(width, mem, image, mode="run", cpu=None, extra=(), reboot=False, boot="flash"):
    """QEMU's argument list; image is a path, or None for a machine without one. reboot: may the guest restart, where the
    mode forbids it? boot: where the image is (machine.toml)."""
    with open(BOARD, "rb") as file:
        board = tomllib.load(file)
    words = [board["width"][str(width)]["program"], *board["always"], *board["mode"][mode]["arguments"]]
    if not reboot:
        words += board["mode"][mode].get("no_reboot", [])
    if cpu:
        words += ["-cpu", cpu]
    words += board["boot"][boot]["arguments"] if image else ["-bios", "none"]
    return [word.format(mem=mem, image=image) for word in words] + list(extra)


def net_words():
    """QEMU's arguments for a network card."""
    with open(BOARD, "rb") as file:
        return tomllib.load(file)["net"]["arguments"]


def gpu_words(qmp, window=False):
    """QEMU's arguments for a display, a keyboard and a tablet, and for the socket `qmp` (tool/qemu/qmp.py)."""
    with open(BOARD, "rb") as file:
        board = tomllib.load(file)
    words = board["gpu"]["arguments"] + (board["gpu"]["window"] if window else [])
    return words + [word.format(path=qmp.replace(",", ",,")) for word in board["qmp"]["arguments"]]


def serial_words(paths):
    """QEMU's arguments for serial ports, each with a Unix socket of that path, which QEMU makes, at its other end."""
    with open(BOARD, "rb") as file:
        serial = tomllib.load(file)["serial"]
    return (serial["device"] if paths else []) + [word.format(number=number, port=number + 1, path=path.replace(",", ",,"))
                                                 for number, path in enumerate(paths) for word in serial["port"]]


def drive_words(paths, options=()):
    """QEMU's arguments for disks of raw images, in the order in which the guest numbers them. options: what each -drive
    has beside, where not all have the same."""
    with open(BOARD, "rb") as file:
        drive = tomllib.load(file)["drive"]["arguments"]
    for path in paths:
        if not os.path.isfile(path):
            raise QemuError(f"there is no disk image {path}; make one: truncate -s 16M {path}")
    # A comma in a value is doubled.
    return [word.format(number=number, path=path.replace(",", ",,"), options="".join(options[number:number + 1]))
            for number, path in enumerate(paths) for word in drive]


def image_path(image, boot="flash"):
    """Opens the image for QEMU to inherit; returns (fd, the path QEMU finds it under)."""
    with open(BOARD, "rb") as file:
        size = tomllib.load(file)["flash_bytes"]
    fd = image_file(image, size if boot == "flash" else 0)
    os.set_inheritable(fd, True)
    return fd, f"/proc/self/fd/{fd}"


class Machine:
    """One run of QEMU for a test, with its serial line on pipes. Use as a context manager: leaving it kills QEMU.

    output   all that came over the serial line so far, as text (bytes that are not UTF-8 are replaced)
    status   QEMU's exit status once it has ended; None before; -N when signal N ended it
    """

    def __init__(self, width, mem, image, mode="test", cpu=None, extra=(), seconds=120, reboot=False, boot="flash"):
        self.deadline = time.monotonic() + seconds
        self.output = ""
        # Holds back half of a character or of a line's end until the other half comes.
        self.decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self.status = None
        self.place = 0  # expect() goes on from here
        self.unsent = b""
        self.fd, path = image_path(image, boot) if image else (None, None)
        self.command = command_line(width, mem, path, mode, cpu, [*extra, "-serial", "stdio", "-monitor", "none"], reboot,
                                    boot)
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[self.fd] if self.fd is not None else [], start_new_session=True,
            preexec_fn=die_with_parent)
        os.set_blocking(self.process.stdin.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        """Ends QEMU and whatever it started, now."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def send(self, text):
        """Queues text for the guest; it is written while expect() or wait() runs, as fast as the guest reads."""
        self.unsent += text.encode()

    def send_end(self):
        """Tells the guest that its input has ended."""
        self.unsent += EOT

    def step(self, reads=(), writes=(), seconds=float("inf")):
        """Moves bytes both ways, at most until the deadline and for so long. Returns which of these others can be read or
        written now; None once QEMU has closed its output."""
        left = min(self.deadline - time.monotonic(), seconds)
        if left <= 0:
            raise TimeoutError
        stdin, stdout = self.process.stdin.fileno(), self.process.stdout.fileno()
        readable, writable, _ = select.select([stdout, *reads], [*([stdin] if self.unsent else []), *writes], [], left)
        if stdin in writable:
            try:
                self.unsent = self.unsent[os.write(stdin, self.unsent):]
            except BrokenPipeError:
                self.unsent = b""
        if stdout in readable:
            chunk = os.read(stdout, 65536)
            if not chunk:
                return None
            self.output += self.decoder.decode(chunk)
        return [other for other in [*readable, *writable] if other not in (stdin, stdout)]

    def expect(self, pattern):
        """Waits until the regular expression matches output that no earlier expect() took; returns the match,
        or None when QEMU ended first. TimeoutError when the wall-clock limit has passed."""
        regex = re.compile(pattern, re.MULTILINE)
        while True:
            match = regex.search(self.output, self.place)
            if match:
                self.place = match.end()
                return match
            if self.step() is None:
                return None

    def wait(self):
        """Collects output until QEMU ends by itself; returns its exit status. TimeoutError as above."""
        while self.step() is not None:
            pass
        self.status = self.process.wait()
        return self.status


def run_words(args, serial):
    """QEMU's argument list for what was asked on the command line."""
    _, path = image_path(args.image, args.boot)
    return command_line(args.width, args.mem, path, args.mode, args.cpu, [*args.extra, *serial], boot=args.boot)


def run_terminal(args):
    """A person at a terminal: QEMU takes our place, with its own escape key (Ctrl-A) and the terminal set raw."""
    words = run_words(args, ["-serial", "mon:stdio"])
    os.execvp(words[0], words)


def feed(source, sink):
    """Copies all of source, then ends the last line if it needs that, then says that this was all."""
    last = b"\n"
    try:
        while chunk := os.read(source, 4096):
            last = chunk[-1:]
            os.write(sink, chunk)
        os.write(sink, (b"" if last == b"\n" else b"\n") + EOT)
    except BrokenPipeError:
        pass  # the guest powered off before it had read everything


def run_piped(args):
    """Input from a pipe or file, output to ours. The pipe to QEMU blocks when the guest's UART is full, and stays
    open after the last byte: the guest powers off by itself."""
    words = run_words(args, ["-serial", "stdio", "-monitor", "none"])
    guest_end, our_end = os.pipe()
    process = subprocess.Popen(words, stdin=guest_end, close_fds=False, preexec_fn=die_with_parent)
    if args.boot == "opensbi":
        os.write(our_end, b"\n")   # it empties the UART when it starts, and whatever byte was there is gone
    os.close(guest_end)
    threading.Thread(target=feed, args=(0, our_end), daemon=True).start()
    try:
        return process.wait(args.seconds or None)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        print(f"\nqemu.py: stopped after {args.seconds} s.", file=sys.stderr)
        return 124


def run_gdb(args):
    """QEMU stopped at reset, its stub on a socket only we can reach; gdb stops it again where the kernel begins."""
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "gdb")
        words = run_words(args, ["-serial", "stdio", "-monitor", "none", "-S",
                                 "-chardev", f"socket,path={socket},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb"])
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, close_fds=False, process_group=0,
                                   preexec_fn=die_with_parent)
        try:
            while not os.path.exists(socket) and process.poll() is None:
                time.sleep(0.01)
            return subprocess.call(["gdb-multiarch", "-q", "-nx", "-ex", "set confirm off",
                                    "-ex", f"target remote {socket}", *gdb_start(args.gdb), args.gdb])
        finally:
            process.kill()
            process.wait()


def gdb_start(elf):
    """gdb commands that run to the first C line of the kernel at its own addresses; before that it has no page table."""
    return ["-ex", f"symbol-file {elf}", "-ex", f"source {HELPERS}", "-ex", "thbreak kernel_main", "-ex", "continue"]


def main():
    parser = argparse.ArgumentParser(description="Starts QEMU with a Nacre image.")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--mem", default="16M", help="RAM, like 16M")
    parser.add_argument("--image", required=True)
    parser.add_argument("--boot", choices=("flash", "ram", "opensbi"), default="flash",
                        help="ram: no flash, the image at the start of RAM; opensbi: below QEMU's own firmware, RV64 only")
    parser.add_argument("--mode", choices=("run", "test", "typed"), default="run",
                        help="test: deterministic, waits are skipped; typed: the same with waits")
    parser.add_argument("--cpu", help="QEMU's -cpu, to take features away")
    parser.add_argument("--disk", action="append", default=[], help="a raw image, as the next disk")
    parser.add_argument("--net", action="store_true", help="a network card")
    parser.add_argument("--gpu", choices=("yes", "window"), help="a display, a keyboard and a tablet")
    parser.add_argument("--serial", action="append", default=[], metavar="PATH", help="a Unix socket as the next serial port's other end")
    parser.add_argument("--seconds", type=float, default=0, help="stop after this much wall-clock time (not a tty)")
    parser.add_argument("--gdb", metavar="ELF", help="run under gdb-multiarch with this file's symbols")
    parser.add_argument("--print", action="store_true", help="print QEMU's command line and stop")
    parser.add_argument("extra", nargs="*", help="more arguments for QEMU, after --")
    args = parser.parse_args()
    die_with_parent()
    if args.boot == "opensbi" and args.width == 32:
        raise QemuError("QEMU brings no OpenSBI for the 32-bit machine; use --width 64.")
    args.extra = drive_words(args.disk) + (net_words() if args.net else []) + serial_words(args.serial) + args.extra
    if args.gpu:
        args.extra = gpu_words(os.path.dirname(args.image) + ".qmp", args.gpu == "window") + args.extra
    if args.print:
        print(*command_line(args.width, args.mem, args.image, args.mode, args.cpu, args.extra, boot=args.boot))
        return 0
    if args.gdb:
        return run_gdb(args)
    if os.isatty(0):
        return run_terminal(args)
    return run_piped(args)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except QemuError as error:
        sys.exit(f"qemu.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
