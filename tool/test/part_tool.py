"""Tests of the host tools (test/tool/*.py): unittest, where a test's docstring is its sentence. Those of the SDK are a part
of their own, part_sdk.py."""

import ast
import glob
import os
import subprocess

from check import Check, Job, failed, tail, tap_results


def cases(path):
    """(class, method, sentence) of the test methods in a file; found by reading, nothing is imported."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    for owner in tree.body:
        for method in owner.body if isinstance(owner, ast.ClassDef) else []:
            if isinstance(method, ast.FunctionDef) and method.name.startswith("test_"):
                sentence = (ast.get_docstring(method) or method.name.replace("_", " ")).splitlines()[0]
                yield owner.name, method.name, sentence


def job(path, part="tool"):
    prefix = f"{part}.{os.path.basename(path)[:-3]}"
    found = list(cases(path))
    owners = {method: owner for owner, method, _ in found}

    def run(names):
        wanted = [name.rpartition(".")[2] for name in names]
        done = subprocess.run(["tool/test/tap.py", path, *(f"{owners[method]}.{method}" for method in wanted)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=600)
        for result in tap_results(prefix, wanted, done.stdout):
            yield failed(result.name, f"{result.text}\n{tail(done.stderr)}") if result.verdict == "fail" else result

    return Job([Check(f"{prefix}.{method}", sentence) for _, method, sentence in found], run)


def jobs(width):
    paths = [path for path in sorted(glob.glob("test/tool/*.py")) if not os.path.basename(path).startswith("sdk_")]
    return [job(path) for path in paths if list(cases(path))]
