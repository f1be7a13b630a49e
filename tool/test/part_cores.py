"""Cores (doc/debugging-cores.md): programs crash, the service `cores` keeps what is left of them, the host fetches it over a serial
port and gdb opens it.

cores.list.rvNN         the shell lists them
cores.lines.rvNN        of each crash gdb names function and line, and a caller's
cores.locals.rvNN       and what lay in variables, in every thread
cores.symbols.rvNN      with nothing but the build ID, through debuginfod on the loopback interface, it knows a crash inside of Lua
cores.kept.rvNN         cores outlive the service that keeps them
cores.full.rvNN         when there is no room the oldest go
cores.hostile.rvNN      whatever the host writes at the port is answered, and the port goes on
One machine a width. gdb runs in batch mode.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from check import TOP, WIDTHS, Check, Job, failed, passed, tail
from part_scenario import Scenario, goals, image_build
from qemu import Machine, serial_words

sys.path[:0] = [os.path.join(TOP, "tool/cores"), os.path.join(TOP, "tool/symbols")]
import cores  # noqa: E402
import symbol_server as symbols  # noqa: E402

CHECKS = {
    "list": "the shell lists a core of each program that crashed",
    "lines": "gdb opens each core and names the function, the line, and the caller's line",
    "locals": "gdb shows what lay in the variables of each of three threads",
    "symbols": "with nothing but a core gdb finds the program through debuginfod, and shows lines inside of Lua",
    "kept": "cores are there still after their service was killed",
    "full": "when there is no room for a core, the oldest make room for it",
    "hostile": "whatever the host writes at the port is answered in words, and the port goes on",
}
# How `crash` ends, and what gdb must say of it.
ENDS = {
    "null": r"#0 .*crash_null \(\) at command/crash/main\.c:\d+(.*\n)*#1 .* in main \(",
    "text": r"#0 .*crash_text \(\) at command/crash/main\.c:\d+(.*\n)*#1 .* in main \(",
    "smash": r"__stack_chk_fail \(\)(.*\n)*#\d+ .* in crash_smash \(\)(.*\n)*#\d+ .* in main \(",
    "illegal": r"SIGILL(.*\n)*#0 .*crash_illegal \(\)",
    "assert": r"expression=.*two == 2(.*\n)*#\d+ .* in crash_assert \(\)",
    "stack": r"deeper \(depth=depth@entry=\d+\)(.*\n)*#\d+ .* in main \(",
}
# Code that no compiler of Lua's makes: the interpreter is made to run wild.
LUA = 'local f = string.dump(function(a) return a.b.c end) for i = 40, #f do local g = load(f:sub(1, i - 1) .. "\\xff" .. f:sub(i + 1), "x", "b") if g then pcall(g, 1) end end'


class Wrong(Exception):
    """What was not as it should be."""


def scenario(width):
    one = Scenario(name="cores", system="cores", kernel="kernel", deadline_s=100000)
    one.files = {"bin/threads": f"build/rv{width}/program/test-core_threads"}
    return one


def gdb(core, *commands, program="", **environment):
    words = ["gdb-multiarch", "-nx", "-batch", "-iex", f"set debuginfod enabled {'on' if environment else 'off'}", "-iex", "set width 0"]
    words += [program] if program else []
    words += ["-c", core, *(word for command in commands for word in ("-ex", command))]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          env={**os.environ, "HOME": os.path.dirname(core), "XDG_CACHE_HOME": os.path.dirname(core), **environment})
    return done.stdout + done.stderr


def program_of(command):
    """The file with symbols, of the command that cores.py prints."""
    words = command.split()
    if len(words) != 4:
        raise Wrong(f"no program is known for {command}")
    return words[1]


class Visit:
    """A machine in which programs crash."""

    def __init__(self, machine, port, folder, width):
        self.machine, self.port, self.folder, self.width = machine, port, folder, width

    def type(self, line, pattern=""):
        self.machine.send(line + "\n")
        found = self.machine.expect(f"{re.escape(line)}((?:.*\n)*?)nacre> ")
        if not found or not re.search(pattern, found[1], re.MULTILINE):
            raise Wrong(f"{line}: {tail(found[1] if found else self.machine.output)}\nhas no {pattern}")
        return found[1]

    def fetch(self):
        """{serial: (path, command)}, the last first."""
        return {int(re.search(r"-(\d+)-", os.path.basename(path))[1]): (path, command)
                for path, command, _ in cores.fetch(self.port, self.width, self.folder)}

    def check_list(self):
        for how in ENDS:
            self.type(f"crash {how}")
        self.type("core", "".join(rf"^ +{len(ENDS) - n}  crash .*\n" for n in range(len(ENDS))))

    def check_lines(self):
        fetched = self.fetch()
        for serial, (how, pattern) in enumerate(ENDS.items(), 1):
            path, command = fetched[serial]
            told = gdb(path, "backtrace", program=program_of(command))
            if not re.search(pattern, told):
                raise Wrong(f"of crash {how} gdb says\n{tail(told)}")

    def check_locals(self):
        self.type("threads")
        path, command = next(iter(self.fetch().values()))
        told = gdb(path, "thread apply all backtrace full", "print *shared", program=program_of(command))
        for number in (1, 2, 3):
            if not re.search(rf"at test/target/core_threads\.c:\d+\n(?:(?!^#|^Thread).*\n)*? +mine = {number * 1111}$", told, re.MULTILINE):
                raise Wrong(f"nothing is known of thread {number} in\n{tail(told, 60)}")
        if 'text = "what lies on the heap' not in told:
            raise Wrong(f"the heap is not there:\n{tail(told)}")

    def check_symbols(self):
        self.type(f"lua -e '{LUA}'", "crash of lua")
        path, command = next(iter(self.fetch().values()))
        symbols.keep([program_of(command)], f"{self.folder}/symbols")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = symbols.start(port, f"{self.folder}/symbols", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_for_server(port, command, path)
            self.listens_here_alone(port)
            told = gdb(path, "backtrace", **symbols.environment(port))
        finally:
            server.terminate()
            server.wait()
        if not re.search(r"#\d+ .* at .*l\w+\.c:\d+(.*\n)*#\d+ .* main \(", told):
            raise Wrong(f"with debuginfod alone gdb says\n{tail(told)}")

    def wait_for_server(self, port, command, path):
        """It answers once it has gone through its folder."""
        with open(path, "rb") as file:
            ident = cores.build_id.of_core(file.read())
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/buildid/{ident}/executable", timeout=10):
                    return
            except (urllib.error.URLError, OSError):
                pass
        raise Wrong(f"debuginfod does not know {command.split()[1]}")

    def listens_here_alone(self, port):
        places = set()
        for name in ("tcp", "tcp6"):
            with open(f"/proc/net/{name}", encoding="utf-8") as file:
                places |= {line.split()[1].split(":")[0] for line in file.readlines()[1:] if int(line.split()[1].split(":")[1], 16) == port
                           and line.split()[3] == "0A"}
        if not places or places - {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}:
            raise Wrong(f"debuginfod listens at {places}")

    def check_kept(self):
        before = set(self.fetch())
        self.type("kill cores")
        if set(self.fetch()) != before:
            raise Wrong("the cores are others after a restart of their service")

    def check_full(self):
        last = max(self.fetch())
        for n in range(1, 10):
            self.type("crash null")
        found = self.fetch()
        if len(found) < 2 or min(found) <= last or sorted(found) != list(range(min(found), max(found) + 1)):
            raise Wrong(f"after nine more crashes than {last} these are kept: {sorted(found)}")
        path, command = found[max(found)]
        if "crash_null" not in gdb(path, "backtrace", program=program_of(command)):
            raise Wrong("the last core is of no use")

    def check_hostile(self):
        with socket.socket(socket.AF_UNIX) as far:
            far.settimeout(60)
            far.connect(self.port)
            far.sendall(b"\n\x00\xff\xfe\nget\nget x\nget -1\nget 99999999999999999999\nget 4294967295\nget 1 2\nlist \n" + b"a" * 5000 + b"\nend?\n")
            answers = b""
            while answers.count(b"\n") < 10:
                answers += far.recv(4096)
            if not all(line.startswith(b"error: ") for line in answers.splitlines()):
                raise Wrong(f"the port answered {answers!r}")
            # And leaves in the middle of a core.
            far.sendall(f"get {max(self.fetch_serials(far))}\n".encode())
            far.recv(100)
        if not self.fetch():
            raise Wrong("the port gives no core any more")

    @staticmethod
    def fetch_serials(far):
        far.sendall(b"list\n")
        answer = b""
        while not answer.endswith(b"end\n"):
            answer += far.recv(4096)
        return [int(number) for number in re.findall(rb"^core (\d+)", answer, re.MULTILINE)]


def job(width):
    names = {check: f"cores.{check}.rv{width}" for check in CHECKS}

    def run(_):
        one = scenario(width)
        image = image_build(one, width)
        with tempfile.TemporaryDirectory(prefix="nacre-cores-") as folder:
            port = f"{folder}/port"
            with Machine(width, one.mem, image, "typed", extra=serial_words([port]), seconds=400) as machine:
                visit = Visit(machine, port, folder, width)
                if not machine.expect("nacre> "):
                    raise Wrong(tail(machine.output))
                for check, name in names.items():
                    try:
                        getattr(visit, f"check_{check}")()
                        yield passed(name)
                    except (Wrong, cores.CoresError, KeyError, StopIteration, TimeoutError, subprocess.TimeoutExpired) as error:
                        yield failed(name, f"{type(error).__name__}: {error}")

    return Job([Check(names[check], sentence) for check, sentence in CHECKS.items()], run,
               goals=[*goals(scenario(width), width), (width, "image"), (32, "build/host/loopback.so")], repeat=f"make test ONLY=cores WIDTH={width}")


def jobs(width):
    return [job(one) for one in WIDTHS if width in (None, one)]
