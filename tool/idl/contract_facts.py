"""contract_facts.py - what the interface language takes from the kernel's contract (abi/*.toml): object types, the
rights that exist for each, and the names of the kernel's errors, which a method may name among its own."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

ANY = "any"     # an object of whatever type; not one of the contract's
ABI = Path(__file__).resolve().parents[2] / "abi"


@dataclass(frozen=True)
class Facts:
    objects: dict        # name -> number
    rights: dict         # name -> (bit, object type, "" where it exists for all)
    errors: dict         # name -> (number, sentence)

    def rights_of(self, kind):
        return [name for name, (_, only, *_) in self.rights.items() if only in ("", kind)]


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


@functools.cache
def facts(folder=ABI):
    objects, errors = read(folder / "objects.toml"), read(folder / "errors.toml")
    return Facts({each["name"]: each["number"] for each in objects["object"]},
                 {each["name"]: (each["bit"], each.get("object", "")) for each in objects["right"]},
                 {each["name"]: (each["number"], each["sentence"]) for each in errors["error"]})
