"""A real Emacs talks to the language server through Eglot, as a user of `editors/emacs` has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_neovim import PROGRAM

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    emacs = shutil.which("emacs")
    has_eglot = emacs and subprocess.run([emacs, "--batch", "-f", "package-initialize", "-l", "eglot"]).returncode == 0
    if not has_eglot:
        pytest.skip("no Emacs with Eglot: apt-get install emacs-nox elpa-eglot")
    home = tmp_path_factory.mktemp("emacs")
    (home / "iamdsl.toml").write_text("", encoding="utf-8")
    program = home / "program.iam"
    program.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [
            "emacs",
            "--batch",
            "-l",
            str(ROOT / "tests/editors/emacs.el"),
            str(ROOT / "editors/emacs"),
            str(program),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "HOME": str(home),
        },
    )
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_file_is_known_and_coloured(seen: dict[str, Any]) -> None:
    assert (seen["mode"], seen["face"]) == ("iamdsl-mode", "font-lock-keyword-face")


def test_finding_stands_where_the_word_is(seen: dict[str, Any]) -> None:
    assert "aws:SourceIpp" in [one["on"] for one in seen["diagnostics"]]


def test_quick_fix_is_offered(seen: dict[str, Any]) -> None:
    assert seen["actions"]


def test_hover_shows_what_a_sentence_grants(seen: dict[str, Any]) -> None:
    assert "s3:GetObject" in seen["hover"]


def test_completion_offers_nouns(seen: dict[str, Any]) -> None:
    assert "bucket" in seen["completion"]


def test_rename_reaches_every_use(seen: dict[str, Any]) -> None:
    assert seen["renamed"]


def test_format(seen: dict[str, Any]) -> None:
    assert seen["formatted"] == "alice can list bucket corpora"
