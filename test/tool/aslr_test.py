"""tool/check/aslr.py: what it reckons of places whose chance is known."""
import contextlib
import io
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.abspath(os.path.dirname(__file__)), "../../tool/check"))
import aslr  # noqa: E402

COUNT = 1000


def told(values):
    """(bits, fewest bits of a fold)"""
    with contextlib.redirect_stdout(io.StringIO()):
        return aslr.tell("image", values)


class Reckoning(unittest.TestCase):
    def places(self, bits, make=lambda chance: chance):
        luck = random.Random(bits)
        return [make(luck.getrandbits(bits)) for _ in range(COUNT)]

    def test_uniform(self):
        """Of places that have so many bits of chance it says no more, and at most a bit less."""
        for bits in (14, 19, 26):
            found, fold = told(self.places(bits))
            self.assertLessEqual(found, bits)
            self.assertGreater(found, bits - 1.2)
            self.assertGreater(fold, aslr.FOLD - aslr.SLACK)

    def test_constant(self):
        """A place that is always the same has no bits."""
        found, fold = told([0x12345] * COUNT)
        self.assertLess(found, 0.1)
        self.assertLess(fold, 0.1)

    def test_few(self):
        """A few bits that are spread over the address are no more for it."""
        found, _ = told(self.places(6, lambda chance: chance * 0x41041 & 0x3ffffff))
        self.assertLess(found, 7)

    def test_copied(self):
        """A place whose upper half is the lower half once more is found: by its folds."""
        _, fold = told(self.places(13, lambda chance: chance << 13 | chance))
        self.assertLess(fold, aslr.FOLD - aslr.SLACK)

    def test_derived(self):
        """A place whose upper half follows from the lower half in any way is found: whole places agree too often."""
        luck = random.Random(7)
        table = [luck.getrandbits(13) for _ in range(1 << 13)]
        found, _ = told(self.places(13, lambda chance: table[chance] << 13 | chance))
        self.assertLess(found, 15)
