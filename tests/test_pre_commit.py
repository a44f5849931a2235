"""The hooks for pre-commit, run by pre-commit from a repository of the package, in the environment that it makes for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "build"
PACKED = ("iamdsl", "grammar", "pyproject.toml", "README.md", "LICENSE", "NOTICE", ".pre-commit-hooks.yaml")


def run(*command: str, status: int = 0) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    return said


def git(*command: str) -> None:
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "tag.gpgsign=false", *command)


def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    git("add", "-A", "-f")
    git("commit", "-qm", "all")


def test_the_hooks_lay_out_and_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")
    package, work = tmp_path / "package", tmp_path / "work"
    package.mkdir()
    for name in PACKED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        ignore = {"ignore": shutil.ignore_patterns("__pycache__")} if (ROOT / name).is_dir() else {}
        copy(ROOT / name, package / name, **ignore)  # type: ignore[operator]
    repository(package, monkeypatch)
    git("tag", "v0.1.0")
    shutil.copytree(EXAMPLE, work, ignore=shutil.ignore_patterns("build", "bazel-*"))
    config = (work / ".pre-commit-config.yaml").read_text()
    (work / ".pre-commit-config.yaml").write_text(config.replace("https://github.com/iamdsl/iamdsl", str(package)))
    repository(work, monkeypatch)
    hooks = (sys.executable, "-m", "pre_commit", "run")
    said = run(*hooks, "--all-files")
    assert said.count("Passed") == 2, said
    program = Path("policies/platform.iam")
    program.write_text(program.read_text() + "ann   can read bucket raw\n")
    git("add", "-A")
    said = run(*hooks, status=1)
    assert "files were modified by this hook" in said and "iamdsl check" in said
    assert program.read_text().endswith("\nann can read bucket raw\n")
    Path("shared/people.iam").write_text(
        "account prod = 111122223333\nregion eu-west-1\nuser ann\ngroup analysts = ann, ben\n"
    )
    git("add", "-A")
    assert "error[IAM" in run(*hooks, status=1), "an import is checked with the program that needs it"
    Path("notes.txt").write_text("mine\n")
    git("checkout", "-q", "HEAD", "--", "shared", "policies")
    git("add", "-A")
    assert run(*hooks).count("Skipped") == 2
    assert os.listdir(tmp_path / "home")
