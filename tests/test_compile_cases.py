"""What sentences compile to: `cases/compile/NAME/input.iam` gives exactly `expected.json`.

`args.txt` is what `compile` is given besides, `stderr.txt` what it says (no file: nothing). IAMDSL_UPDATE=1 writes the
expectations anew; each was read against AWS's semantics before it was committed, and has to be again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iamdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted(path.parent for path in (ROOT / "tests" / "cases" / "compile").glob("*/input.iam"))

each = pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)


def arguments(case: Path) -> list[str]:
    more = case / "args.txt"
    return ["compile", "input.iam", *(more.read_text(encoding="utf-8").split() if more.exists() else [])]


def check(golden: Path, text: str) -> None:
    """Compare `text` with the file, which is absent for no text; or write it."""
    if os.environ.get("IAMDSL_UPDATE"):
        golden.unlink(missing_ok=True)
        if text:
            golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == (golden.read_text(encoding="utf-8") if golden.exists() else "")


@each
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(case)
    status = main(arguments(case))
    out, err = capsys.readouterr()
    assert status == 0, err
    assert json.loads(out) and out.endswith("}\n")
    check(case / "expected.json", out)
    check(case / "stderr.txt", err)


@pytest.mark.parametrize(
    "case", [one for one in CASES if not (one / "legacy.json").exists()], ids=lambda path: path.name
)
def test_sids_change_nothing_else(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(case)
    given = [one for one in arguments(case) if one != "--sids"]
    assert main(given) == 0 and (plain := documents(capsys.readouterr().out))
    assert main([*given, "--sids"]) == 0
    named = documents(capsys.readouterr().out)
    assert len(named) == len(plain)
    for document in named:
        sids = [statement.pop("Sid") for statement in document["Statement"]]
        assert len(set(sids)) == len(sids) and all(re.fullmatch("[A-Z][A-Za-z0-9]{1,70}", sid) for sid in sids), sids
    assert named == plain


def documents(text: str) -> list[dict[str, Any]]:
    """The documents on standard output: one, or an object of all by path."""
    found = json.loads(text)
    return [found] if "Statement" in found else list(found.values())


ALL = """
import os, sys
from iamdsl.cli import main
for line in sys.stdin.read().splitlines():
    folder, *arguments = line.split("\\t")
    os.chdir(folder)
    print(folder, main(arguments), flush=True)
    print(folder, file=sys.stderr, flush=True)
"""


def test_the_hash_seed_changes_nothing() -> None:
    """All cases in two processes whose sets and dictionaries of names are ordered differently."""
    lines = "\n".join("\t".join([str(case), *arguments(case)]) for case in CASES)
    runs = [
        subprocess.run(
            [sys.executable, "-c", ALL],
            input=lines.encode(),
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            check=True,
        )
        for seed in ("1", "4711")
    ]
    assert runs[0].stdout == runs[1].stdout and runs[0].stderr == runs[1].stderr
    assert runs[0].stdout.count(b" 0\n") == len(CASES)
