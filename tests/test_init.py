"""`iamdsl init`: what it writes compiles as it is, and nothing is written over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamdsl.cli import main

Capture = pytest.CaptureFixture[str]
WRITTEN = [".editorconfig", ".gitignore", "iamdsl.toml", "main.iam"]


def run(arguments: list[str], capsys: Capture) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_starter_compiles_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    status, out, err = run(["init", str(tmp_path / "new" / "project")], capsys)
    assert (status, err) == (0, "") and "iamdsl compile" in out
    folder = tmp_path / "new" / "project"
    assert sorted(path.name for path in folder.iterdir()) == WRITTEN
    monkeypatch.chdir(folder)
    assert run(["check"], capsys) == (0, "", ""), "not so much as a note"
    assert run(["format", "--check"], capsys) == (0, "", "")
    assert run(["compile"], capsys) == (0, "", "")
    assert (folder / "build" / "groups" / "datascientists" / "policy.json").exists()


def test_what_the_starter_shows_in_comments_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert run(["init", str(tmp_path)], capsys)[0] == 0
    program, settings = tmp_path / "main.iam", tmp_path / "iamdsl.toml"
    text = program.read_text()
    shown = re.sub(r"^# (?=for |policy |bob |    |\})", "", text, flags=re.MULTILINE)
    assert shown.count("\n# ") < text.count("\n# ") - 8
    program.write_text(shown)
    settings.write_text(re.sub(r"^# (?=\w+ = |[\w-]+ = |\[)", "", settings.read_text(), flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    status, out, err = run(["check"], capsys)
    assert status == 0 and "error" not in err and "warning" not in out, out
    assert run(["format", "--check"], capsys)[0] == 0


@pytest.mark.parametrize("name", ["main.iam", "iamdsl.toml", "other.iam", "below/other.iam"])
def test_nothing_is_written_over(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    status, out, err = run(["init"], capsys)
    assert (status, out) == (1, "")
    assert err.startswith(f"error[IAM604]: cannot write `{name}`: it is there already\n")
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [path] and path.read_text() == "mine"


def test_a_dead_link_counts(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "main.iam").symlink_to("elsewhere.iam")
    status, out, err = run(["init", str(tmp_path)], capsys)
    assert status == 1 and not (tmp_path / "elsewhere.iam").exists()


def test_hints_are_left_as_they_are(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    status, out, err = run(["init", str(tmp_path)], capsys)
    assert (status, err) == (0, "") and "  /build/\n" in out
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\n" and (tmp_path / ".editorconfig").exists()


def test_a_folder_that_cannot_be(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")
    for folder in (str(tmp_path / "file"), str(tmp_path / "file" / "x"), "/proc/none"):
        status, out, err = run(["init", folder], capsys)
        assert (status, out) == (2, "") and "error[IAM604]: cannot write" in err
    assert run(["init", ""], capsys) == (2, "", "error: name a folder\n")


def test_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("iamdsl.commands.init.HINTS", {"missing/.gitignore": "gitignore"})
    status, out, err = run(["init", str(tmp_path)], capsys)
    assert (status, out) == (2, "") and list(tmp_path.iterdir()) == []
