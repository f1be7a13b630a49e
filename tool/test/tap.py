#!/usr/bin/python3
"""tap.py - runs unittest tests of one file and tells of each as a line of TAP on standard output.

    tap.py FILE [CLASS.METHOD...]

unittest's own report cannot be read reliably, since the tests' output lands in the middle of it.
"""

import importlib.util
import os
import sys
import unittest

sys.dont_write_bytecode = True


class TapResult(unittest.TextTestResult):
    """Writes a line a test to the real standard output; everything else goes to standard error."""
    tap = None
    number = 0

    def tell(self, verdict, test, why=""):
        TapResult.number += 1
        method = test.id().rpartition(".")[2]
        print(f"{verdict} {self.number} - {method}{why and ' # ' + why}", file=TapResult.tap, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.tell("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell("not ok", test, "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self.tell("not ok", test, err[0].__name__)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.tell("not ok", test, f"failed in {subtest}".replace("\n", " "))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell("ok", test, f"SKIP {reason}")


def main():
    path, *names = sys.argv[1:]
    TapResult.tap = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("tests", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tests"] = module
    spec.loader.exec_module(module)
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(sys.stderr, resultclass=TapResult).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
