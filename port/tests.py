#!/usr/bin/python3
"""tests.py - the main program of many test programs in one, as C: `PROGRAM NAME argument...` runs main() of NAME.

    tests.py NAME...      prints it; port.mk has renamed each main() to main_NAME and hidden all else of its object
"""

import sys

HEAD = "/* Made by port/tests.py. */\n#include <stdio.h>\n#include <string.h>\n"
REST = """
static const struct {
\tconst char *name;
\tint (*run)(int, char **);
} tests[] = {
%s
};

int main(int argc, char **argv)
{
\tfor (unsigned i = 0; argc > 1 && i < sizeof(tests) / sizeof(tests[0]); i++)
\t\tif (!strcmp(tests[i].name, argv[1]))
\t\t\treturn tests[i].run(argc - 1, argv + 1);
\tprintf("%%s: there is no such test.\\n", argc > 1 ? argv[1] : "");
\treturn 2;
}
"""


def main():
    names = sys.argv[1:]
    print(HEAD + "\n".join(f"int main_{name}(int argc, char **argv);" for name in names))
    print(REST % "\n".join(f'\t{{ "{name}", main_{name} }},' for name in names), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
