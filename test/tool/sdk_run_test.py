"""sdk_run_test.py - nacre-run: programs and servers in a machine, with nothing but the SDK."""

import os
import pty
import re
import sys
import time
import unittest

from sdk_help import BARE, SECONDS, SdkTest, run

ECHO = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	char line[200];

	for (int i = 1; i < argc; i++)
		printf("[%s]\n", argv[i]);
	while (fgets(line, sizeof(line), stdin))
		printf("read %s", line);
	return argc;
}
"""


class Run(SdkTest):
    """Programs are compiled into the test's own folder."""

    def build(self, width, name, source=None):
        """Compiles example/weekday/NAME.c with the pair's interface, or a source; the manifest lies beside, if there is one."""
        for file in () if source else (f"{name}.c", f"{name}.toml", "weekday.nid"):
            self.copy(f"example/weekday/{file}")
        if source:
            self.write(f"{name}.c", source)
        else:
            run(self.command("nacre-idl"), "--out", "gen", "--c", "weekday.nid", cwd=self.place)
        self.cc(width, "-g", "-Igen", "-o", name, f"{name}.c")
        return os.path.join(self.place, name)

    def check_program(self, width):
        program = self.build(width, "echo-all", ECHO)
        words = ["plain", "two words", "it's", '"', "", "$?", "a;b", "#", "-x"]
        status, out, err = self.try_nacre(program, *words, stdin="first\nlast")
        self.assertEqual((status, err), (len(words) + 1, ""))
        # The console echoes a line when it is read.
        self.assertEqual(out, "".join(f"[{word}]\n" for word in words) + "first\nread first\nlast\nread last\n")

    def test_program_32(self):
        """nacre-run passes arguments, input and status of a program, and prints what it prints and no more, RV32"""
        self.check_program(32)

    def test_program_64(self):
        """nacre-run passes arguments, input and status of a program, and prints what it prints and no more, RV64"""
        self.check_program(64)

    def check_pair(self, width):
        server, client = self.build(width, "weekday"), self.build(width, "day")
        self.assertEqual(self.nacre(server, client, "4"), "Friday, question 1\n")
        status, out, _ = self.try_nacre(server, client, "7")
        self.assertEqual((status, out), (1, "no answer: there is nothing of that name or number\n"))
        # It dies of a question, is started anew, and the next question on the same connection is answered.
        out = self.nacre(server, client, "-c", "0")
        self.assertRegex(out, r"(?m)^init: weekday crashed \(.*\) and is restarted")
        self.assertRegex(out, r"crashed: the other side is dead[^\n]*\nMonday, question 1\n\Z")

    def test_pair_32(self):
        """a server that publishes a name and a client that asks it are booted together; a crash is survived, RV32"""
        self.check_pair(32)

    def test_pair_64(self):
        """a server that publishes a name and a client that asks it are booted together; a crash is survived, RV64"""
        self.check_pair(64)

    def check_shell(self, width):
        server, client = self.build(width, "weekday"), self.build(width, "day")
        out = self.nacre("--shell", server, client, stdin="day 2\nday -c 3; log -l error\nhandles weekday\npoweroff\n")
        self.assertRegex(out, r"(?m)^nacre> day 2\nWednesday, question 1$")
        self.assertRegex(out, rf"(?m)addr2line -pfie {re.escape(server)} 0x")
        self.assertRegex(out, r"(?m)^[0-9a-f]{8}  server ")
        self.assertNotIn("\r", out)

    def test_shell_32(self):
        """nacre-run --shell boots to the shell; a crash report names the program's own file for addr2line, RV32"""
        self.check_shell(32)

    def test_shell_64(self):
        """nacre-run --shell boots to the shell; a crash report names the program's own file for addr2line, RV64"""
        self.check_shell(64)

    def check_system(self, width):
        """The description says what the manifest does not, and wins where both speak."""
        server, client = self.build(width, "weekday"), self.build(width, "day")
        self.write("mine.toml", 'include = "base.toml"\nname = "mine"\n[service.weekday]\npages = 20\n'
                                '[program.day]\nlookup = ["svc/weekday", "svc/time"]\n')
        out = self.nacre("--system", "mine.toml", "--command", "version; mem; day 6", "--with", server, "--with", client)
        self.assertIn("system mine", out)
        self.assertRegex(out, r"(?m)^ +weekday +80 KiB")
        self.assertIn("Sunday, question 1\n", out)

    def test_system_32(self):
        """a system description of one's own includes the SDK's and wins over manifests, RV32"""
        self.check_system(32)

    def test_system_64(self):
        """a system description of one's own includes the SDK's and wins over manifests, RV64"""
        self.check_system(64)

    def refused(self, wanted, *words):
        status, out, err = self.try_nacre(*words)
        self.assertEqual((status, out), (1, ""), err)
        self.assertRegex(err, rf"\Anacre-run: {wanted}\.?\n\Z")

    def test_mistakes_32(self):
        """each mistake gets one sentence that names the file and what to do"""
        server, client = self.build(32, "weekday"), self.build(32, "day")
        other = os.path.join(self.place, "wide")
        self.cc(64, "-Igen", "-o", other, "day.c")
        self.refused("cannot read the program nobody: No such file or directory", "nobody")
        self.refused(r"weekday\.c is no program for Nacre: [^\n]+", "weekday.c")
        self.refused(r"programs and machine must have one width, and [^\n]+day is of 32 bits, [^\n]+wide is of 64 bits",
                     server, other)
        self.refused(r"two programs are called weekday; rename one", server, server, client)
        self.refused(r"nobody publishes svc/weekday, which day looks up[^\n]*", client)
        self.refused(r"--manifest [^\n]+: no program is called nobody", "--manifest", "nobody=day.toml", server, client)
        self.refused(r"absent\.toml: cannot be read: No such file or directory", "--manifest", "absent.toml", server, client)
        self.refused(r"the shell's line and [^\n]+ control characters", server, client, "a\nb")
        self.refused(r"the line [^\n]+ has more than 400 bytes", server, client, "x" * 400)
        self.write("bad.toml", "server = true\npublish = { }\nprioritty = 3\n")
        self.refused(r"bad\.toml:3: there is no key `prioritty`; the nearest name is priority",
                     "--manifest", "weekday=bad.toml", server, client)

    def test_damaged_32(self):
        """an ELF file that is cut or not as the loader wants it is refused before anything boots"""
        program = self.build(32, "echo-all", ECHO)
        with open(program, "rb") as file:
            content = file.read()
        for size in (0, 3, 40, 60, 300, len(content) // 2):
            with open(os.path.join(self.place, "cut"), "wb") as file:
                file.write(content[:size])
            status, out, err = self.try_nacre("cut")
            self.assertEqual((status, out), (1, ""))
            self.assertRegex(err, r"\Anacre-run: [^\n]+\n\Z")

    def test_stopped_32(self):
        """--seconds ends a program that does not, with status 124 and nothing left running"""
        program = self.build(32, "for-ever", "int main(void) { for (;;) ; }\n")
        status, _, err = self.try_nacre("--seconds", "0.5", program)
        self.assertEqual((status, err), (124, "nacre-run: stopped after 0.5 s.\n"))

    def test_small_machine_32(self):
        """--mem sets the RAM, and a wrong value is refused"""
        self.assertIn("4096 KiB RAM", self.nacre("--mem", "4M", "--command", "mem"))
        status, _, err = self.try_nacre("--mem", "lots", "--command", "mem")
        self.assertEqual(status, 2)
        self.assertIn("--mem is a number of megabytes like 16M, not lots", err)

    def typed(self, steps, *words):
        """What came at a terminal, where each (wanted, typed) of the steps was done in order; and the status."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.place)
            os.execvpe(self.command("nacre-run"), ["nacre-run", "--seconds", SECONDS, *words], {**BARE, "TERM": "vt100"})
        output, place, deadline = b"", 0, time.monotonic() + float(SECONDS)
        try:
            while time.monotonic() < deadline:
                chunk = os.read(terminal, 4096)
                output += chunk
                while steps and steps[0][0] in output[place:]:
                    wanted, send = steps.pop(0)
                    place = output.index(wanted, place) + len(wanted)
                    os.write(terminal, send)
        except OSError:     # the other end has been closed
            pass
        finally:
            os.close(terminal)
            _, status = os.waitpid(pid, 0)
        self.assertEqual(steps, [], output)
        return output.decode(errors="replace"), os.waitstatus_to_exitcode(status)

    def check_terminal(self, width):
        self.build(width, "echo-all", ECHO)
        steps = [(b"nacre> ", b"ech\t"), (b"echo", b"\t"), (b"echo  echo-all", b"-\tsvc/t\t"), (b"svc/time ", b"\r"),
                 (b"[svc/time]", b"typed\r\x04"), (b"read typed", b""), (b"nacre> ", b"sleep 1000\r"),
                 (b"sleep 1000", b"\x03"), (b"nacre> ", b"\x1b[A\x1b[A\x15echo $?\r"), (b"130", b""),
                 (b"nacre> ", b"poweroff 5\r")]
        self.assertEqual(self.typed(steps, "--shell", "echo-all")[1], 5)

    def test_terminal_32(self):
        """at a terminal: Tab finishes a program's name and a path, Ctrl-D and Ctrl-C reach the program, RV32"""
        self.check_terminal(32)

    def test_terminal_64(self):
        """at a terminal: Tab finishes a program's name and a path, Ctrl-D and Ctrl-C reach the program, RV64"""
        self.check_terminal(64)

    def test_terminal_program_32(self):
        """at a terminal Ctrl-C ends the program and nacre-run with status 130"""
        self.build(32, "for-ever", '#include <stdio.h>\nint main(void) { puts("on"); fflush(stdout); for (;;) ; }\n')
        self.assertEqual(self.typed([(b"on\r\n", b"\x03")], "for-ever")[1], 130)

    def test_example_32(self):
        """the example's `make run` boots it"""
        self.copy("example/hello/hello.c", "example/hello/Makefile")
        link = os.path.join(self.place, "link")
        os.symlink(self.sdk, link)
        out = run("make", "-s", f"NACRE_SDK={link}", "run", "ARGUMENTS=one two", cwd=self.place)
        self.assertIn("argument 2: two\n", out)


if __name__ == "__main__":
    sys.exit(unittest.main())
