"""The kernel's objects as gdb shows them (tool/gdb/nacre.py, doc/debugging-kernel.md): a machine stands still at its prompt, and what each
command prints is compared with what must be so there.

inspect.COMMAND.rvNN   one check for each command; inspect.program.rvNN: where the machine stopped in a program
One machine a width.
"""

import os
import re
import subprocess

from check import WIDTHS, Check, Job, failed, passed, tail

NUMBER = r" +(\d+)"
# Command -> (sentence, patterns that match lines in this order, with all of the output in between).
CHECKS = {
    "ps": ("nacre ps names each process's program, and counts its threads, handles and pages",
           [r"^ +\d+ +runs +1 +\d+ +\d+ +\d+ +init$", r"^ +\d+ +runs +\d+ +\d+ +\d+ +\d+ +names$", r"^ +\d+ +runs .* uart16550$", r"^ +\d+ +runs .* shell$"]),
    "threads": ("nacre threads says what each thread waits for, and at whom",
                [r"^ ?\d+\.1 +receiving +24 +24 +0x[0-9a-f]+ +at server \d+$", r"^ ?\d+\.1 +served +12 +12 +0x[0-9a-f]+ +parked by process \d+$"]),
    "handles": ("nacre handles lists a process's handles with object and rights",
                [r"^[0-9a-f]{8} +process +\d+ +.*inspect", r"^[0-9a-f]{8} +budget +\d+ +.*spend", r"^[0-9a-f]{8} +server +\d+ +.*receive"]),
    "servers": ("nacre servers says who is ready at each mailbox", [r"^ +\d+ +\d+ +\d+ +0 +\d+\.1 "]),
    "budgets": ("nacre budgets draws the tree, whose root gives pages on", [r"^1 +\d+ +\d+ +[1-9]\d* +31 ", r"^  \d+ +\d+ +[1-9]\d* +\d+ "]),
    "pages": ("nacre pages finds the mapping and the page-table entries of a stack",
              [r"^mapping 0x[0-9a-f]+ to 0x[0-9a-f]+, \d+ pages of anonymous memory .* protection rw-", r"^  level 1: entry \d+ .*, v---", r"^  level 0: entry \d+ .*, vrw-u-ad"]),
    "trace": ("nacre trace shows the ring, or that nothing was traced", [r"^nothing was traced; the mask is 0x0$"]),
    "refused": ("what is asked wrongly gets a sentence", [r"^no process has the number 9999; nacre ps lists them\.", r"^of which process\? nacre handles PROCESS"]),
    "program": ("stopped in a program, the commands see the kernel still, and leave the machine as it was",
                [r"^privilege 0$", r"^ +\d+ +runs .* init$", r"^privilege 0$"]),
}
# The shell is the last process that ps lists.
COMMANDS = """python
def say(title):
    print("\\n=== " + title)
def shell():
    return gdb.execute("nacre ps", to_string=True).rstrip().splitlines()[-1].split()[0]
end
thbreak receive_next
continue
python
current = symbol("arch_cpu")["current"]
gdb.execute("thbreak *" + hex(int(current["registers"]["pc"]) + (4 if int(gdb.parse_and_eval("*(unsigned short *)" + hex(int(current["registers"]["pc"])))) == 0x73 else 0)))
end
continue
python
say("program")
print("privilege", int(gdb.parse_and_eval("$priv")))
gdb.execute("nacre ps")
print("privilege", int(gdb.parse_and_eval("$priv")))
end
delete
tbreak idle
continue
python
for title, line in (("ps", "nacre ps"), ("threads", "nacre threads"), ("handles", "nacre handles " + shell()), ("servers", "nacre servers"),
                    ("budgets", "nacre budgets"), ("trace", "nacre trace")):
    say(title)
    gdb.execute(line)
say("pages")
# sp is x2; x1 comes first.
sp = next(int(t["registers"]["x"][1]) for p in of_type("process") if str(serial(p)) == shell() for t in each(p["threads"], "struct thread", "process_link"))
gdb.execute("nacre pages " + shell() + " " + str(sp))
say("refused")
for line in ("nacre handles 9999", "nacre handles"):
    try:
        gdb.execute(line)
    except gdb.error as error:
        print(error)
end
kill
quit
"""


def sections(output):
    return {part.partition("\n")[0]: part for part in re.split(r"^=== ", output, flags=re.MULTILINE)[1:]}


def wrong(patterns, text):
    place = 0
    for pattern in patterns:
        found = re.compile(pattern, re.MULTILINE).search(text, place)
        if not found:
            return f"{tail(text)}\nhas no {pattern}" + (f" behind byte {place}" if place else "")
        place = found.end()
    return ""


def job(width):
    names = {check: f"inspect.{check}.rv{width}" for check in CHECKS}
    build = f"build/rv{width}"

    def run(_):
        done = subprocess.run(["tool/qemu/qemu.py", "--width", str(width), "--image", f"{build}/image", "--gdb", f"{build}/kernel.elf"],
                              input=COMMANDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        told = sections(done.stdout)
        for check, name in names.items():
            found = wrong(CHECKS[check][1], told.get(check, done.stdout))
            yield failed(name, found) if found else passed(name)

    return Job([Check(names[check], CHECKS[check][0]) for check in names], run,
               goals=[(width, "image"), (width, f"{build}/kernel.elf")], repeat=f"make test ONLY=inspect WIDTH={width}")


def jobs(width):
    return [job(each) for each in ([width] if width else WIDTHS)]
