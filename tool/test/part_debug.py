"""gdb on the kernel, through QEMU, and on programs, through the system's own server (server/gdb, doc/debugging.md).

debug.kernel.rvNN      `make debug-kernel`: gdb stops where the kernel begins, knows its source, and takes QEMU with it when it leaves
debug.NAME.rvNN        a session with a program of the guest's, below
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from check import TOP, WIDTHS, Check, Job, failed, passed, tail
from qemu import Machine, serial_words

sys.path.insert(0, os.path.join(TOP, "tool/debug"))
COMMANDS = "backtrace\ninfo line\nx/i $pc\nquit\n"
PROMPT = r"^nacre> "


def kernel_job(width):
    name = f"debug.kernel.rv{width}"
    build = f"build/rv{width}"

    def run(_):
        done = subprocess.run(["tool/qemu/qemu.py", "--width", str(width), "--image", f"{build}/image",
                               "--gdb", f"{build}/kernel.elf"], input=COMMANDS, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        good = "#0  kernel_main" in done.stdout and 'of "kernel/boot/main.c"' in done.stdout
        yield passed(name) if good and done.returncode == 0 else failed(name, tail(done.stdout))

    return Job([Check(name, "make debug-kernel stops at the first line of kernel_main with its source known")], run,
               goals=[(width, "image"), (width, f"{build}/kernel.elf")])


# --- programs ----------------------------------------------------------------------------------------------------

class Wrong(Exception):
    """What did not come, with what came in its place."""


class Session:
    """The system `debug` in QEMU, its console, and a gdb at its port that is typed at. Use as a context manager."""

    def __init__(self, width):
        import debug
        self.width, self.output, self.place, self.gdb = width, "", 0, None
        self.folder = tempfile.TemporaryDirectory()
        self.symbols, self.port = os.path.join(self.folder.name, "symbols"), os.path.join(self.folder.name, "port")
        image = os.path.join(self.folder.name, "image")
        debug.image_make(width, image, "kernel-test", files=[f"bin/debugged=build/rv{width}/program/test-debugged"])
        debug.symbols_make(width, self.symbols, {"debugged": "test-debugged"})
        self.words = debug.gdb_words(self.symbols, self.port, "")
        self.machine = Machine(width, "16M", image, "typed", extra=serial_words([self.port]), seconds=90)

    def __enter__(self):
        self.machine.expect(PROMPT)
        return self

    def __exit__(self, *_):
        self.gdb_end()
        self.machine.kill()
        self.folder.cleanup()

    def gdb_end(self):
        if self.gdb:
            self.gdb.kill()
            self.gdb.wait()
            self.gdb.stdin.close()
            self.gdb.stdout.close()
            self.gdb = None

    def gdb_start(self):
        self.gdb = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    start_new_session=True)
        self.ask("set width 0")
        self.ask("set print entry-values no")

    def begin(self, command):
        """Types a command and does not wait for what it does."""
        self.gdb.stdin.write(f"{command}\n".encode())
        self.gdb.stdin.flush()

    def expect(self, pattern):
        """The match of a regular expression with what gdb printed and no earlier one took. The guest runs meanwhile."""
        while not (match := re.compile(pattern, re.MULTILINE).search(self.output, self.place)):
            try:
                ready = self.machine.step(reads=[self.gdb.stdout])
            except TimeoutError:
                ready = None
            chunk = os.read(self.gdb.stdout.fileno(), 65536) if ready else b""
            if ready is None or (ready and not chunk):
                raise Wrong(f"this did not come from gdb: {pattern}\n{tail(self.output)}\non the console:\n{tail(self.machine.output)}")
            self.output += chunk.decode(errors="replace")
        self.place = match.end()
        return match

    def ask(self, command, pattern=""):
        """Types a command; what it printed must match. Returns that text."""
        begin = self.place
        self.begin(command)
        self.begin(f"echo <{begin}>\\n")
        match = self.expect(f"<{begin}>")
        text = self.output[begin:match.start()]
        if not re.search(pattern, text, re.MULTILINE):
            raise Wrong(f"{command}: this did not come: {pattern}\nbut this:\n{text}\non the console:\n{tail(self.machine.output)}")
        return text

    def number(self, expression):
        return int(re.search(r"= 0x([0-9a-f]+)", self.ask(f"print/x (unsigned long)({expression})", "= 0x")).group(1), 16)

    def interrupt(self, name):
        """Ctrl-C, once the process runs: what is typed before gdb has sent it on its way stops gdb alone."""
        state = "stopped"
        while state in ("stopped", "faulted"):
            self.type("ps\n")
            state = self.console(rf"^ +\d+ +\d+ +{name} +(\w+)").group(1)
        self.gdb.send_signal(signal.SIGINT)

    def type(self, text):
        self.machine.send(text)

    def console(self, pattern):
        """Waits for that on the guest's console."""
        match = self.machine.expect(pattern)
        if not match:
            raise Wrong(f"this did not come on the console: {pattern}\n{tail(self.machine.output)}")
        return match

    def pids(self):
        return {name: int(number) for number, name in re.findall(r"^ *(\d+) +\d+ +(\S+)", self.ask("monitor ps", "PID"), re.MULTILINE)}

    def attach(self, name):
        self.ask(f"attach {self.pids()[name]}", "Attaching to(?!(.*\n)*.*failed)")

    def program(self, name, arguments=""):
        """gdb is told of a program that it shall run."""
        file = os.path.realpath(os.path.join(self.symbols, "bin", name))
        self.ask(f"file {file}", "Reading symbols")
        self.ask(f"set remote exec-file {name}")
        self.ask(f"set args {arguments}")


def start(s):
    """A program is run under gdb to its main, with arguments; it goes on and ends."""
    s.gdb_start()
    s.program("hello", "one two")
    s.ask("tbreak main", "Temporary breakpoint 1")
    s.ask("run", r"main \(argc=3, argv=0x[0-9a-f]+\) at command/hello\.c:7")
    s.ask("backtrace", r"#0 +main \(argc=3")
    s.ask("info threads", r'Thread \d+\.1 "hello"')
    s.ask("print argv[2]", '"two"')
    s.ask("next")
    s.ask("info locals", "name = 0x0")
    s.ask("continue", r"exited normally")
    s.console("hello, world\nargument 1: one\nargument 2: two")


def attach(s):
    """A service that runs is attached to, stops in a function when it is asked something, and is let go."""
    s.gdb_start()
    s.attach("time")
    s.ask("info threads", r'Thread \d+\.1 "time"')
    s.ask("break time_wall", "Breakpoint 1")
    s.begin("continue")
    s.expect("Continuing")
    s.type("date\n")
    s.expect(r"Breakpoint 1, time_wall \(")
    s.ask("backtrace", r"#1 .*\n(.*\n)*#\d+ .*main \(\)")
    s.ask("finish", "Value returned")
    s.ask("detach", "detached")
    s.console(r"UTC\+00:00")
    s.type("date\n")
    s.console(r"UTC\+00:00")


def steps(s):
    """Steps go over a system call, over a message and its answer, and through every instruction between them."""
    s.gdb_start()
    s.program("debugged", "tick")
    s.ask("tbreak tick", "Temporary breakpoint")
    s.ask("run", r"tick \(n=1\)")
    s.ask("next", "turns = n")              # printf: a call to the console
    s.console("tick 1")
    s.ask("print turns", "= 0")
    s.ask("next")
    s.ask("print turns", "= 1")
    s.ask("tbreak nacre_sleep_until")
    s.ask("continue", "nacre_sleep_until")
    s.ask("set $steps = 0")
    s.ask("while *(unsigned short *)$pc != 0x73 && $steps < 500\nstepi\nset $steps = $steps + 1\nend")
    ecall = s.number("$pc")
    s.ask("x/i $pc", "ecall")
    s.ask("stepi")
    if s.number("$pc") != ecall + 4:
        raise Wrong(f"a step over the system call at {ecall:#x} ended at {s.number('$pc'):#x}")
    s.ask("finish", "tick|count_aloud")
    s.ask("tbreak tick")
    s.ask("continue", r"tick \(n=2\)")


def two(s):
    """Breakpoints in two processes: each stops there and is told from the other, and both go on."""
    s.gdb_start()
    s.attach("time")
    s.ask("break time_wall", "Breakpoint 1")
    s.ask("add-inferior", "Added inferior 2")
    s.ask("inferior 2")
    s.attach("rng")
    s.ask("break rng_health", "Breakpoint 2")
    s.ask("info inferiors", r"process \d+.*bin/time[^$]*process \d+.*bin/rng")
    s.begin("continue")
    s.expect("Continuing")
    s.type("date\n")
    s.expect(r"hit Breakpoint 1, time_wall")
    s.begin("continue")
    s.expect("Continuing")
    s.console(r"UTC\+00:00")
    s.type("uptime\n")
    s.expect(r"hit Breakpoint 2, rng_health")
    s.ask("info inferiors", r"\* 2")
    s.ask("info threads", r'"time"[^$]*"rng"')
    s.begin("continue")
    s.expect("Continuing")
    s.console("random numbers")
    s.interrupt("time")
    s.expect("SIGINT")


def threads(s):
    """Two threads in one function: a step moves one, and the other stands or runs as gdb says."""
    s.gdb_start()
    s.program("debugged", "threads")
    s.ask("break count if who == 1", "Breakpoint 1")
    s.ask("run", r"count \(who=1\)")
    s.ask("info threads", r"Thread \d+\.2")
    s.ask("delete")
    s.ask("set scheduler-locking on")
    held = s.number("counted[0]")
    moved = s.number("counted[1]")
    for _ in range(3):
        s.ask("tbreak count", "Temporary")
        s.ask("continue", r"count \(who=1\)")
    if s.number("counted[0]") != held or s.number("counted[1]") != moved + 3:
        raise Wrong(f"held {held} -> {s.number('counted[0]')}, moved {moved} -> {s.number('counted[1]')}")
    s.ask("set scheduler-locking off")
    s.ask("break count", "Breakpoint")
    who = {re.search(r"count \(who=(\d)\)", s.ask("continue", r"count \(who=\d\)")).group(1) for _ in range(6)}
    if who != {"0", "1"}:
        raise Wrong(f"with both threads running only {who} came to the breakpoint")
    for _ in range(6):
        s.ask("next")
    s.ask("delete")
    s.begin("continue")
    s.expect("Continuing")
    s.interrupt("debugged")
    s.expect("SIGINT")
    if s.number("counted[0]") <= held:
        raise Wrong("the thread that was held does not run again")


def interrupt(s):
    """Ctrl-C stops a loop; a variable is changed there; meanwhile and afterwards the system goes on."""
    s.gdb_start()
    s.program("debugged", "spin")
    s.begin("run")
    s.console("round and round")
    s.type("echo the system goes on\n")
    s.console("^the system goes on")
    s.interrupt("debugged")
    s.expect("SIGINT")
    while not s.number("spun"):     # its line was on the console before it was back from printing it
        s.begin("continue")
        s.interrupt("debugged")
        s.expect("SIGINT")
    s.ask("backtrace", r"spin \(\)(.*\n)*.*main \(")
    before = s.number("spun")
    s.type("echo it stands, and the system goes on\n")
    s.console("^it stands, and")
    if s.number("spun") != before or not before:
        raise Wrong(f"it counted on while it was stopped: {before}, {s.number('spun')}")
    s.ask("set var spun = 0")
    s.ask("print spun", "= 0")
    s.ask("print $sp = $sp")
    s.ask("kill", "killed")
    s.type("ps\n")
    s.console(PROMPT)


def crash(s):
    """A crash is caught where it happens, with the line; given on, it ends the program as it would have."""
    s.gdb_start()
    s.program("crash", "null")
    line = next(n for n, text in enumerate(open("command/crash/main.c", encoding="utf-8"), 1) if "nowhere = 1" in text)
    s.ask("run", rf"SIGSEGV(.*\n)*.*crash_null \(\) at command/crash/main\.c:{line}")
    s.ask("backtrace", r"#1 .*main \(")
    s.ask("continue", "terminated with signal SIGSEGV")
    s.ask("set args illegal")
    s.ask("run", "SIGILL")
    s.ask("detach")                         # it meets its fault once more, and init reports it
    s.type("log -f -l error\n")
    s.console("crash of crash.*illegal instruction")


def in_place(s):
    """A breakpoint in text that is executed in place is one process's: others that execute the same page do not meet it."""
    s.gdb_start()
    s.program("debugged", "tick")
    s.ask("tbreak tick", "Temporary")
    s.ask("run", r"tick \(n=1\)")
    s.ask("break tick", "Breakpoint")
    s.ask("continue", r"tick \(n=2\)")
    s.type("debugged tick &\n")
    s.console(r"^tick 3")                  # the other one: ours stands before its second
    if b"\x02\x90" in bytes.fromhex(re.sub(r".*:|0x|\s", "", s.ask("x/2xb tick").replace("\n", " ").split("(gdb)")[0]) or "00"):
        raise Wrong("gdb sees the breakpoint in memory")
    s.ask("print turns", "= 1")
    s.ask("delete")
    s.ask("detach", "detached")
    s.console(r"^tick 9[0-9]")
    s.console(r"^tick 9[0-9]")


def refused(s):
    """What the server needs itself cannot be attached to, and what it may not is told in words."""
    s.gdb_start()
    pids = s.pids()
    for name in ("gdb", "names", "virtio-console", "init"):
        s.ask(f"attach {pids[name]}", "failed")
        s.ask("monitor why", "does not list this program" if name != "init" else "nothing of that name|does not list")
    s.ask("attach 999", "failed")
    s.ask("monitor why", "nothing of that name or number")
    s.program("hello")
    s.ask("set remote exec-file nothing")
    s.ask("run", "failed")
    s.ask("monitor why", "nothing of that name or number")
    s.ask("info os processes", r"virtio-console")
    s.ask("monitor", "monitor ps")
    s.attach("time")


def received(end):
    chunk = end.recv(4096)
    if not chunk:
        raise Wrong("QEMU closed the port's socket")
    return chunk


def leave_quietly(s):
    """Connects until the server answers, and leaves once it says no more. A host that leaves while the guest writes may find the port's
    output stopped for all of its next connection: QEMU 7.2 stops it after it was told of the end (flush_buf, hw/char/virtio-console.c)."""
    import socket
    for turn in range(8):
        got = b""
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(s.port)
            for wait in range(5):
                end.sendall(b"$vMustReplyEmpty#3a")    # as gdb does: what is sent while a port is opened anew may be lost
                while s.machine.step(reads=[end], seconds=1):
                    got += received(end)
                if b"$#00" in got:
                    return
    raise Wrong(f"nothing is answered over the port, however often it is opened\n{got}\n{tail(s.machine.output)}")


def hung_up(s):
    """A host that breaks the protocol, or goes away with all it has stopped, leaves processes that run and a server that works."""
    import random
    import socket
    dice = random.Random(s.width)
    for turn in range(4):
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(s.port)
            end.sendall(bytes(dice.choice(b"$#}+-m,:0123456789abcdefvCont;HgTZ\x03") for _ in range(3000)))
            end.sendall(b"$" + b"x" * 5000 + b"#00" + b"$?#3f")
            if turn % 2:
                s.machine.step(reads=[end], seconds=1)   # away in the middle of what is answered, or before
        leave_quietly(s)
    s.gdb_start()
    s.attach("time")
    s.ask("break time_wall", "Breakpoint 1")
    s.gdb_end()
    s.type("date\n")
    s.console(r"UTC\+00:00")
    leave_quietly(s)
    s.gdb_start()
    s.attach("time")
    s.ask("detach", "detached")


def killed(s):
    """When the server itself is killed, what it had ends with it, services are started anew, and so is the server."""
    s.gdb_start()
    s.attach("time")
    s.ask("break time_wall", "Breakpoint 1")
    s.type("kill gdb\n")
    s.console("gdb.*restarted|" + PROMPT)
    s.gdb_end()
    s.type("date\n")
    s.console(r"UTC\+00:00")
    leave_quietly(s)
    s.gdb_start()
    s.attach("time")
    s.ask("detach", "detached")


def service(s):
    """A service is started anew under gdb, and stands in its main before it has served anybody."""
    s.gdb_start()
    s.program("time")
    s.ask("tbreak main")
    s.ask("run", r"main \(.*\) at server/time/main\.c")
    s.type("date\n")                       # it waits until somebody serves
    s.ask("break time_wall")
    s.ask("continue", r"time_wall \(")
    s.ask("detach", "detached")
    s.console(r"UTC\+00:00")


def packet(s, end, text):
    """Sends a packet without gdb's help. Returns what is answered."""
    end.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())
    got = b""
    while not (match := re.search(rb"\$([^#]*)#..", got)):
        if s.machine.step(reads=[end]):
            got += received(end)
    return match.group(1).decode()


def client(s):
    """A client that leaves stepping to the server: each step is the instruction that the one before leads to, a range is one answer."""
    import socket
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(s.port)
        packet(s, end, "qSupported:multiprocess+")
        process = re.match(r"T05thread:p(\w+)\.1;", packet(s, end, "vRun;" + b"debugged".hex() + ";" + b"tick".hex())).group(1)
        thread, width = f"p{process}.1", s.width // 4

        def pc():
            return int.from_bytes(bytes.fromhex(packet(s, end, "p20")), "little")

        at, sequences = pc(), 0
        for turn in range(400):
            halves = bytes.fromhex(packet(s, end, f"m{at:x},4"))
            size = 4 if halves[0] & 3 == 3 else 2
            answer, before = packet(s, end, f"vCont;s:{thread}"), at
            at = pc()
            opcode = halves[0] & 127 if size == 4 else 0
            may_jump = opcode in (0x63, 0x67, 0x6f) or size == 2 and (halves[0] & 3, halves[1] >> 5) in (
                (1, 1), (1, 5), (1, 6), (1, 7), (2, 4))
            is_lr = opcode == 0x2f and halves[3] >> 3 == 2   # to SC it goes as a whole: nobody else could end such a loop
            sequences += is_lr and before + 4 < at < before + 64
            if answer != f"T05thread:{thread};" or (at != before + size and not may_jump and not is_lr):
                raise Wrong(f"step {turn}: {answer}, from {before:#x} to {at:#x}, instruction {halves[:size].hex()}")
        if not sequences:
            raise Wrong("there was no sequence from LR to SC among 400 instructions")
        if packet(s, end, f"vCont;r{at:x},{at + 2:x}:{thread}") != f"T05thread:{thread};" or pc() == at or len(packet(s, end, "g")) != 33 * width:
            raise Wrong("a range was not left")
        if packet(s, end, f"vKill;{process}") != "OK" or packet(s, end, "?") != "W00":
            raise Wrong("it was not ended")


SESSIONS = [
    (start, "a program runs under gdb to main, with arguments, a backtrace and locals, then to its end"),
    (attach, "a service that runs is attached to, stops where it is asked something, and is let go"),
    (steps, "steps go over a system call and over a message, and end where they should"),
    (two, "breakpoints in two processes at once: each stops there and is told from the other"),
    (threads, "of two threads in one function a step moves one, and the other stands or runs as gdb says"),
    (interrupt, "Ctrl-C stops a loop, and the system goes on while it stands"),
    (crash, "a crash is caught where it happens, with its line, and can be given on"),
    (in_place, "a breakpoint in text executed in place is one process's alone, and after detach it runs on"),
    (refused, "what the server needs itself cannot be attached to, and the refusal is in words"),
    (hung_up, "a host that breaks the protocol or goes away leaves processes that run and a server that works"),
    (killed, "when the server is killed, what it had is ended, and services and the server start anew"),
    (client, "a client that leaves stepping to the server is stepped instruction by instruction, and over ranges"),
    (service, "a service is started anew under gdb and stands in main"),
]


def job(width, play, sentence):
    name = f"debug.{play.__name__}.rv{width}"
    build = f"build/rv{width}"

    def run(_):
        try:
            with Session(width) as session:
                play(session)
        except Wrong as error:
            return [failed(name, str(error))]
        except TimeoutError:
            return [failed(name, f"the machine's time was over; gdb:\n{tail(session.output)}\nconsole:\n{tail(session.machine.output)}")]
        return [passed(name)]

    return Job([Check(name, sentence)], run,
               goals=[(width, "image-parts"), (width, f"{build}/system/debug"), (width, f"{build}/program/gdb"),
                      (width, f"{build}/program/test-debugged")])


def jobs(width):
    widths = [width] if width else WIDTHS
    return [kernel_job(each) for each in widths] + [job(each, *session) for each in widths for session in SESSIONS]
