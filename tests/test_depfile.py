"""`compile -MF`: what make and ninja know of the programs behind the documents."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from iamdsl.catalog import default
from iamdsl.cli import main
from iamdsl.emit.depfile import UnspeakableName, rule

Capture = pytest.CaptureFixture[str]
FACTS = os.path.join(default().folder, "version")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a.iam").write_text("user alice\nalice can read bucket a\n")
    Path("in/a file#1.iam").write_text("user Alice\nAlice can read bucket b\n")
    return tmp_path


def test_each_output_depends_on_each_source() -> None:
    assert main(["compile", "in", "-o", "out", "-MF", "out.d"]) == 0
    text = Path("out.d").read_text()
    first, rest = text.split("\n\n", 1)
    assert first.split(" \\\n  ") == [
        "out/manifest.json",
        "out/users/\\%41lice/policy.json",
        "out/users/alice/policy.json:",
        "in/a\\ file\\#1.iam",
        "in/a.iam",
        FACTS,
    ]
    for source in ("in/a\\ file\\#1.iam", "in/a.iam", FACTS):
        assert f"{source}:\n" in rest


def test_the_settings_count(work: Path) -> None:
    Path("iamdsl.toml").write_text("sids = true")
    assert main(["compile", "in", "-o", "out", "-MF", "out.d"]) == 0
    assert "\n  iamdsl.toml \\\n" in Path("out.d").read_text()


def test_names_are_escaped() -> None:
    for name, wanted in {
        "a b": "a\\ b",
        "a#b": "a\\#b",
        "a$b": "a$$b",
        "a:b": "a\\:b",
        "a\\b": "a\\b",
        "a\\ b": "a\\\\\\ b",
        "a%b": "a%b",
        "ü": "ü",
    }.items():
        assert rule(["x"], [name]) == f"x: \\\n  {wanted}\n\n{wanted}:\n"
    for name in ("a=b", "a;b", "a\nb", "a\rb"):
        with pytest.raises(UnspeakableName):
            rule(["x"], [name])


def test_what_make_cannot_say_is_an_error(capsys: Capture) -> None:
    Path("in/x=1;rm.iam").write_text("user carol\n")
    assert main(["compile", "in", "-o", "out", "-MF", "out.d"]) == 2
    err = capsys.readouterr().err
    assert "error[IAM604]: cannot write `out.d`: make cannot read the name `in/x=1;rm.iam`" in err
    assert not Path("out.d").exists() and not Path("out").exists()


def test_a_rule_is_about_files(capsys: Capture) -> None:
    assert main(["compile", "in", "-MF", "out.d"]) == 2
    assert "add `-o DIR`" in capsys.readouterr().err
    assert main(["compile", "in", "-o", "out", "-MF", "none/out.d"]) == 2
    assert "error[IAM604]: cannot write `none`: no such file or directory" in capsys.readouterr().err
    assert not Path("out").exists()
    for more in (["--check"], ["--diff"]):
        assert main(["compile", "in", "-o", "out", "-MF", "out.d", *more]) in (0, 1)
        assert not Path("out.d").exists()
    Path("in/a.iam").write_text("alice can\n")
    assert main(["compile", "in", "-o", "out", "-MF", "out.d"]) == 1 and not Path("out.d").exists()


COMPILE = f"{shlex.quote(sys.executable)} -m iamdsl compile in -o out -MF out.d"
MAKEFILE = f"""
out/manifest.json: in
	{COMPILE}
	@echo compiled
-include out.d
"""
NINJA = f"""
rule iam
  command = {COMPILE} && echo compiled
  depfile = out.d
  deps = gcc
build out/manifest.json: iam | in/a.iam
"""


def built(command: list[str]) -> bool:
    """Whether a build tool ran the compiler."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return "compiled" in done.stdout


@pytest.mark.parametrize("tool", ["make", "ninja"])
def test_a_build_tool_compiles_again_what_changed(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} here")
    Path("Makefile").write_text(MAKEFILE.replace(": in\n", ":\n"))
    Path("build.ninja").write_text(NINJA)
    assert built([tool])
    assert not built([tool])
    for source in ("in/a.iam", "in/a file#1.iam"):
        past = os.stat("out/manifest.json").st_mtime_ns
        os.utime(source, ns=(past + 10_000_000, past + 10_000_000))
        assert built([tool]), source
        assert not built([tool]), source
    os.unlink("in/a file#1.iam")
    assert built([tool])
    assert not Path("out/users/%41lice").exists() and Path("out/users/alice/policy.json").exists()
    assert not built([tool])
