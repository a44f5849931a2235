"""The command line itself: its table of commands, help, and what it says to wrong words."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from iamdsl.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent

Capture = pytest.CaptureFixture[str]


def usage(arguments: list[str], capsys: Capture) -> tuple[object, str, str]:
    """Status and output of arguments that do not reach a command."""
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_each_command_is_a_module() -> None:
    modules = [path.stem for path in (ROOT / "iamdsl" / "commands").glob("*.py")]
    runs = {stem for stem in modules if hasattr(import_module(f"iamdsl.commands.{stem}"), "run")}
    assert runs == {name.replace("-", "_") for name in COMMANDS}
    for stem in runs:
        assert callable(import_module(f"iamdsl.commands.{stem}").arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str, capsys: Capture) -> None:
    status, out, err = usage([name, "--help"], capsys)
    assert status == 0 and err == "" and out.startswith(f"usage: iamdsl {name} ") and COMMANDS[name] in out
    status, out, err = usage(["--help"], capsys)
    assert status == 0 and err == "" and f"  {name} " in out
    assert f"`iamdsl {name} " in (ROOT / "README.md").read_text(encoding="utf-8")


WRONG = {
    "": "name a command first",
    "--set a=b compile": "name a command first",
    "compil x.iam": "unknown command `compil`: did you mean `compile`?",
    "compile --outputformat=json": "unknown option `--outputformat=json`: did you mean `--output-format`?",
    "compile --chek a.iam": "unknown option `--chek`: did you mean `--check`?",
    "compile --frobnicate": "unknown option `--frobnicate`\n",
    "minimize a.json b.json": "`b.json` is one more than `minimize` takes",
    "compile -o": "argument -o: expected one argument",
    "compile --output-format xml": "invalid choice: 'xml'",
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_words_are_usage_errors(words: str, capsys: Capture) -> None:
    status, out, err = usage(words.split(), capsys)
    assert (status, out) == (2, "") and WRONG[words] in err


def test_options_may_stand_between_files(tmp_path: Path, capsys: Capture) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.iam").write_text(f"{name} can read bucket {name}\n")
    assert main(["compile", str(tmp_path / "a.iam"), "-o", str(tmp_path / "out"), str(tmp_path / "b.iam")]) == 0
    assert {path.name for path in (tmp_path / "out" / "policies").iterdir()} == {"a.json", "b.json"}


def test_a_command_imports_no_other() -> None:
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from iamdsl.cli import main; main(['explain', 'IAM301']); print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[-1]
    loaded = {name for name in shown.split() if name.startswith("iamdsl.commands.")}
    assert loaded == {"iamdsl.commands.explain", "iamdsl.commands.options", "iamdsl.commands.project"}
