"""Settings of a project: where they are found, what they do, and what is said of wrong ones."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from iamdsl.cli import main
from iamdsl.commands.config import _CHECKS

ROOT = Path(__file__).resolve().parent.parent
Capture = pytest.CaptureFixture[str]

PROGRAM = "role r for user alice\nr can read bucket a with mfa\nuser alice\naccount prod = 111122223333\n"
# a note, a warning and two documents
NOTED = PROGRAM + "alice can administer bucket a/raw/*\n"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.iam").write_text(NOTED)
    return tmp_path


def settings(text: str, path: str = "iamdsl.toml") -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def run(arguments: list[str], capsys: Capture) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def levels(capsys: Capture, *arguments: str) -> dict[str, str]:
    """The level of each finding about the program, by code."""
    status, out, _ = run(["check", "p.iam", "--output-format", "json", *arguments], capsys)
    found = {one["code"]: one["severity"] for one in json.loads(out)}
    assert status == ("error" in found.values())
    return found


def test_without_settings(capsys: Capture) -> None:
    assert levels(capsys) == {"IAM317": "note", "IAM502": "warning"}


# ---- what each does


def test_strict(capsys: Capture) -> None:
    settings("strict = true")
    assert levels(capsys) == {"IAM502": "error"}
    assert run(["compile", "p.iam", "-o", "out"], capsys)[0] == 1 and not Path("out").exists()
    assert levels(capsys, "--no-strict") == {"IAM317": "note", "IAM502": "warning"}


def test_levels_of_rules(capsys: Capture) -> None:
    settings('rules = {IAM317 = "off", mfa-on-role = "note"}')
    assert levels(capsys) == {"IAM502": "note"}
    settings('rules = {IAM317 = "warning", IAM502 = "off"}')
    assert levels(capsys) == {"IAM317": "warning"}
    assert levels(capsys, "--strict") == {"IAM317": "error"}
    settings('rules.dropped-by-path = "error"')
    assert levels(capsys) == {"IAM317": "error", "IAM502": "warning"}
    assert run(["compile", "p.iam", "-o", "out"], capsys)[0] == 1 and not Path("out").exists()


def test_sids(capsys: Capture) -> None:
    settings("sids = true")
    assert '"Sid": "ReadBucketAWithMfa"' in run(["compile", "p.iam"], capsys)[1]
    assert '"Sid"' not in run(["compile", "p.iam", "--no-sids"], capsys)[1]


def test_output_format(capsys: Capture) -> None:
    settings('output-format = "concise"')
    assert "p.iam:2:" in run(["check", "p.iam"], capsys)[1] and "-->" not in run(["check", "p.iam"], capsys)[1]
    assert "-->" in run(["check", "p.iam", "--output-format", "text"], capsys)[1]
    Path("q.iam").write_text("alice  can\n")
    assert run(["format", "q.iam"], capsys)[2].startswith("q.iam:1:")


def test_output(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    settings('output = "build/iam"')
    (work / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert run(["compile", "../../p.iam"], capsys)[1] == ""
    assert (work / "build" / "iam" / "manifest.json").exists()
    assert run(["compile", "../../p.iam", "--check"], capsys)[0] == 0
    assert run(["compile", "../../p.iam", "-o", "-"], capsys)[1].startswith("{")
    assert run(["compile", "../../p.iam", "-o", "here"], capsys)[1] == "" and Path("here/manifest.json").exists()


def test_output_is_not_for_what_is_typed_in(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    settings('output = "build"')
    with open("p.iam") as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        assert run(["compile", "-"], capsys)[1].startswith("{")
    assert not Path("build").exists()


def test_quotas(capsys: Capture) -> None:
    Path("p.iam").write_text(PROGRAM)
    settings("quotas = {trust = 100}")
    assert "IAM601" in levels(capsys)
    settings("[quotas]\ntrust = 4096\nmanaged = 5000\n")
    assert run(["compile", "p.iam", "-o", "out"], capsys)[0] == 0
    documents = json.loads(Path("out/manifest.json").read_text())["documents"].values()
    assert {(one["kind"], one["quota"]) for one in documents} == {("trust", 4096), ("managed", 5000)}


def test_target_and_minimize() -> None:
    settings('target = "json"\nminimize = "exact"')
    assert main(["check", "p.iam"]) == 0


# ---- which count


def strict(capsys: Capture, *names: str) -> bool:
    """Whether the programs are compiled strictly."""
    return run(["compile", *names, "-o", "-"], capsys)[0] == 1


def test_the_nearest_counts_alone(capsys: Capture) -> None:
    settings("strict = true")
    for folder in ("a", "a/b", "c"):
        Path(folder).mkdir()
        Path(folder, "p.iam").write_text(NOTED)
    settings("sids = true", "a/iamdsl.toml")
    assert strict(capsys, "p.iam") and strict(capsys, "c/p.iam")
    assert not strict(capsys, "a/p.iam") and not strict(capsys, "a/b/p.iam")


def test_the_folder_of_all_programs_counts(capsys: Capture) -> None:
    for name, kind in (("a", "user"), ("b", "group")):
        Path(name).mkdir()
        Path(name, f"{name}.iam").write_text(f"{kind} {name}\n{name} can administer bucket {name}/raw/*\n")
        settings('rules = {IAM317 = "error"}', f"{name}/iamdsl.toml")
    assert strict(capsys, "a") and strict(capsys, "b/b.iam")
    assert not strict(capsys, "a", "b")
    settings('rules = {IAM317 = "error"}')
    assert strict(capsys, "a", "b")


def test_pyproject(capsys: Capture) -> None:
    settings("[tool.iamdsl]\nstrict = true\n", "pyproject.toml")
    assert strict(capsys, "p.iam")
    settings("strict = false\n")
    assert not strict(capsys, "p.iam")
    Path("a").mkdir()
    Path("a/p.iam").write_text(NOTED)
    settings('[project]\nname = "iamdsl-policies"\n', "a/pyproject.toml")  # has nothing for us: goes on upwards
    settings("strict = true\n")
    assert strict(capsys, "a/p.iam")


def test_standard_input_is_of_the_working_folder(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    settings("strict = true")
    for name in ([], ["--stdin-filename", "a/x.iam"]):
        settings("", "a/iamdsl.toml")
        with open("p.iam") as typed:
            monkeypatch.setattr(sys, "stdin", typed)
            assert strict(capsys, "-", *name) == (not name)


def test_explain_needs_no_project(capsys: Capture) -> None:
    settings("strict = yes")
    assert run(["explain", "IAM113"], capsys)[0] == 0


# ---- what is wrong

WRONG = {
    "strict = yes": "IAM113]: this is not TOML: invalid value\n  --> iamdsl.toml:1:10\n",
    "[": "IAM113]: this is not TOML: ",
    "strict = true\nstrict = true": "IAM113]: this is not TOML: cannot overwrite a value\n  --> iamdsl.toml:2:14\n",
    "x = " + "[" * 100_000: "IAM113]: this is not TOML: ",
    "stric = true": "IAM114]: unknown setting `stric`\n  --> iamdsl.toml:1:1\n",
    "sids = true\n\n# strict\nstrct = 1": "IAM114]: unknown setting `strct`\n  --> iamdsl.toml:4:1\n",
    "[linter]\nx = 1": "IAM114]: unknown setting `linter`\n  --> iamdsl.toml:1:2\n",
    'strict = "yes"': "IAM115]: `strict` has to be `true` or `false`\n  --> iamdsl.toml:1:1\n",
    "sids = 1": "IAM115]: `sids` has to be `true` or `false`\n",
    'output-format = "xml"': 'IAM115]: `output-format` has to be `"text"` or `"concise"` or ',
    'target = ["json"]': 'IAM115]: `target` has to be `"json"`',
    'minimize = "best"': 'IAM115]: `minimize` has to be `"exact"`',
    'output = ""': "IAM115]: `output` has to be the name of a folder\n",
    'output = "a\\u0000b"': "IAM115]: `output` has to be the name of a folder\n",
    "quotas = 4096": "IAM115]: `quotas` has to be a table of limits by kind of document",
    "[quotas]\ntrust = true": "IAM115]: `quotas.trust` has to be a number of characters\n  --> iamdsl.toml:2:1\n",
    "[quotas]\ntrust = -1": "IAM115]: `quotas.trust` has to be a number of characters\n",
    "[quotas]\nmanged = 1": "IAM114]: unknown kind of document `manged`\n  --> iamdsl.toml:2:1\n",
    "[quotas]\nattached = 1": "IAM114]: unknown kind of document `attached`\n",
    'rules = "off"': "IAM115]: `rules` has to be a table of levels by rule",
    'rules = {IAM317 = "of"}': 'IAM115]: `rules.IAM317` has to be `"error"` or `"warning"`',
    "rules = {IAM317 = false}": 'IAM115]: `rules.IAM317` has to be `"error"` or ',
    'rules = {IAM317 = "off", IAM999 = "off"}': "IAM114]: unknown rule `IAM999`\n  --> iamdsl.toml:1:26\n",
    '[rules]\ndroped-by-path = "off"': "IAM114]: unknown rule `droped-by-path`\n  --> iamdsl.toml:2:1\n",
    '[rules]\nIAM317 = "off"\ndropped-by-path = "off"': "IAM205]: the level of IAM317 is set twice\n  --> iamdsl.toml:3:1\n",
    '[rules]\nIAM301 = "warning"': "IAM116]: IAM301 (unknown-action) is an error, and cannot be less\n  --> iamdsl.toml:2:1\n",
    'rules.unknown-action = "off"': "IAM116]: IAM301 (unknown-action) is an error, and cannot be less\n",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_wrong_settings(text: str, capsys: Capture) -> None:
    settings(text)
    status, out, err = run(["compile", "p.iam", "-o", "out"], capsys)
    assert (status, out) == (2, "") and err.startswith("error[" + WRONG[text]), err
    assert not Path("out").exists()
    status, out, err = run(["check", "p.iam"], capsys)
    assert (status, err) == (2, "") and out.startswith("error[" + WRONG[text])
    assert run(["format", "p.iam"], capsys)[0] == 2


HELP = {
    "stric = true": "did you mean `strict`?",
    "[linter]": "known: strict, sids, output-format, target, minimize, output, programs, quotas, rules",
    "[quotas]\nmanged = 1": "did you mean `managed`?",
    '[rules]\ndroped-by-path = "off"': "did you mean `dropped-by-path`?",
}


@pytest.mark.parametrize("text", HELP)
def test_wrong_names_are_told_the_right_ones(text: str, capsys: Capture) -> None:
    settings(text)
    assert f"= help: {HELP[text]}\n" in run(["compile", "p.iam"], capsys)[2]


def test_wrong_settings_in_pyproject(capsys: Capture) -> None:
    settings(
        "[project]\nstric = 1\n[tool.other]\nstric = 1\n[tool.iamdsl]\nsids = true\nstric = true\n", "pyproject.toml"
    )
    assert "  --> pyproject.toml:7:1\n" in run(["compile", "p.iam"], capsys)[2]
    settings("tool.iamdsl = 1\n", "pyproject.toml")
    assert (
        "error[IAM115]: `tool.iamdsl` has to be a table\n  --> pyproject.toml:1:1\n"
        in run(["compile", "p.iam"], capsys)[2]
    )


def test_settings_that_cannot_be_read(capsys: Capture) -> None:
    Path("iamdsl.toml").write_bytes(b"# caf\xe9\nstrict = true\n")
    status, out, err = run(["compile", "p.iam"], capsys)
    assert (status, out) == (2, "") and "error[IAM102]: byte 0xe9 is not UTF-8\n  --> iamdsl.toml:1:6\n" in err
    Path("iamdsl.toml").unlink()
    os.symlink("iamdsl.toml", "iamdsl.toml")
    status, out, err = run(["compile", "p.iam"], capsys)
    assert (status, out) == (2, "") and "error[IAM101]: cannot read `iamdsl.toml`: " in err


def test_every_setting_is_documented() -> None:
    text = (ROOT / "grammar" / "config.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.M) == list(_CHECKS)


def test_the_documented_example(capsys: Capture) -> None:
    text = (ROOT / "grammar" / "config.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    settings(example, "pyproject.toml")
    assert run(["compile", "p.iam"], capsys)[0] == 0
    assert Path("build/iam/manifest.json").exists()


# ---- kept between runs


def test_settings_are_read_once_and_again_when_they_change(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAMDSL_CACHE", str(Path("cache").resolve()))
    settings("strict = true")
    assert levels(capsys) == {"IAM502": "error"}
    (kept,) = Path("cache/settings").iterdir()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "tomllib", None)
        assert levels(capsys) == {"IAM502": "error"}
    settings("strict = false")
    assert levels(capsys) == {"IAM317": "note", "IAM502": "warning"}
    kept.write_bytes(kept.read_bytes().replace(b"true", b"null"))  # not as it was written
    settings("strict = true")
    assert levels(capsys) == {"IAM502": "error"}


def test_settings_beside_dates(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON has no dates, so such a file is read each time."""
    monkeypatch.setenv("IAMDSL_CACHE", str(Path("cache").resolve()))
    settings("[project]\nsince = 2026-01-01\n[tool.iamdsl]\nstrict = true\n", "pyproject.toml")
    assert levels(capsys) == levels(capsys) == {"IAM502": "error"}
    assert not Path("cache/settings").exists()
