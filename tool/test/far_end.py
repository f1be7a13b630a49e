"""The other ends of a machine's serial ports, and its monitor: Unix sockets in a folder of the run's own."""

import json
import os
import re
import shutil
import socket
import tempfile
import time


class FarEnds:
    """QEMU's sockets for `count` serial ports. Use as a context manager: leaving it closes them and removes the folder."""

    def __init__(self, count):
        self.count = count
        self.folder = tempfile.mkdtemp() if count else None
        self.ends = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in self.ends.values():
            end.close()
        if self.folder:
            shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, str(name))

    def paths(self):
        return [self.path(number) for number in range(self.count)]

    def words(self):
        """For QEMU, beside the ports themselves: its monitor."""
        return ["-qmp", f"unix:{self.path('monitor')},server=on,wait=off"] if self.count else []

    def end(self, name, machine):
        """The socket of a port, or of the monitor, connected if it is not."""
        if name not in self.ends:
            self.ends[name] = FarEnd(self.path(name), machine)
        return self.ends[name]

    def play(self, step, machine):
        """One step of a scenario. Returns what went wrong, or an empty text."""
        if "monitor" in step:
            return self.monitor(step["monitor"], machine)
        end = self.end(step["serial"], machine)
        if "expect" in step and not end.expect(step["expect"]):
            return f"serial port {step['serial']} was closed before this came: {step['expect']}"
        end.send(step.get("send", ""))
        if step.get("close"):
            self.ends.pop(step["serial"]).close()
        return ""

    def monitor(self, command, machine):
        """A command of the monitor, as a person would type it."""
        is_new = "monitor" not in self.ends
        end = self.end("monitor", machine)
        if is_new:
            end.send('{"execute": "qmp_capabilities"}\n')
            end.expect(r'"return"')
        request = json.dumps({"execute": "human-monitor-command", "arguments": {"command-line": command}}) + "\n"
        while True:
            end.send(request)
            answer = end.expect(r'"return": "(.*?)"\}|"error"')
            # QEMU lets go of what was unplugged some time later, and says nothing then. The machine's deadline bounds this.
            if not (answer and answer.group(1) and "is in use" in answer.group(1)):
                break
        return "" if answer and not answer.group(1) else f"QEMU's monitor refused {command!r}: {answer and answer.group()}"


class FarEnd:
    """One socket. What the machine says meanwhile is read, too, so that neither waits for the other."""

    def __init__(self, path, machine):
        self.machine = machine
        self.output = ""
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > machine.deadline or machine.process.poll() is not None:
                    raise
                time.sleep(0.01)    # QEMU makes it at its start

    def close(self):
        self.socket.close()

    def wait(self, **what):
        """Is it ready? Else something else was."""
        ready = self.machine.step(**what)
        if ready is None:
            raise EOFError
        return ready

    def send(self, text):
        """As much as the guest takes, until all is taken."""
        left = text.encode()
        self.socket.setblocking(False)
        while left:
            try:
                left = left[self.socket.send(left):]
            except BlockingIOError:
                self.wait(writes=[self.socket])

    def expect(self, pattern):
        """The match of a regular expression with what no earlier one took; None when the other side closed first."""
        while not (match := re.search(pattern, self.output, re.MULTILINE)):
            if self.wait(reads=[self.socket]):
                chunk = self.socket.recv(65536)
                if not chunk:
                    return None
                self.output += chunk.decode(errors="replace")
        self.output = self.output[match.end():]
        return match
