"""What AWS changed since a manifest was written: what wildcards also match, what escapes, what is gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from iamdsl import catalog
from iamdsl.catalog import Catalog
from iamdsl.cli import main
from iamdsl.commands.options import TARGETS

Capture = pytest.CaptureFixture[str]
PROGRAM = """account prod = 111122223333
region eu-west-1
user ops
use unknown action s3:GetTomorrow
ops can s3:GetObject*, s3:GetTomorrow bucket b
ops can list, read everything in sqs
ops cannot delete everything in sqs
"""


@pytest.fixture
def made(tmp_path: Path, capsys: Capture) -> Path:
    (tmp_path / "p.iam").write_text(PROGRAM)
    assert main(["compile", str(tmp_path / "p.iam"), "-o", str(tmp_path / "out"), "--minimize", "short"]) == 0
    capsys.readouterr()
    return tmp_path / "out" / "manifest.json"


def edited(path: Path, change: Any) -> None:
    manifest = json.loads(path.read_text())
    change(manifest["locked"])
    path.write_text(json.dumps(manifest, indent=2) + "\n")


def drift(path: Path, capsys: Capture, *more: str) -> tuple[int, str]:
    status = main(["catalog", "drift", str(path), *more])
    return status, capsys.readouterr().out


def test_the_lock_is_what_wildcards_stand_for(made: Path, capsys: Capture) -> None:
    manifest = json.loads(made.read_text())
    assert manifest["catalog"] == catalog.default().version
    locked = manifest["locked"]
    for text, levels in locked["wildcards"].items():
        names = catalog.default().names_matching(text)
        assert sorted(name for listed in levels.values() for name in listed) == sorted(name for name, _ in names)
        assert all((name, level) in names for level in levels for name in levels[level])
    assert all(
        one["closed_world"] and one["gap"] == {"statements": 0, "actions": 0} for one in manifest["documents"].values()
    )
    assert "actions" not in locked, "the only plain name is one that the catalog lacks"
    assert [(one["verb"], one["on"], one["sentence"]) for one in locked["denied_by_level"]] == [
        ("delete", "sqs", "../p.iam:7")
    ]
    assert drift(made, capsys, "--strict") == (0, "")


def test_wildcards_that_were_asked_for(tmp_path: Path, capsys: Capture) -> None:
    """`--minimize` brings them in: they are not also advised against."""
    (tmp_path / "p.iam").write_text("account prod = 111122223333\nuser ops\nops can s3:*Object, s3:*Acl bucket b\n")
    assert main(["check", "-v", str(tmp_path / "p.iam")]) == 0
    assert "IAM962" in capsys.readouterr().out
    (tmp_path / "p.iam").write_text("account prod = 111122223333\nuser ops\nops can read, write bucket b\n")
    (tmp_path / "iamdsl.toml").write_text('minimize = "short"\n')
    assert main(["check", "-v", str(tmp_path / "p.iam")]) == 0
    assert "IAM962" not in capsys.readouterr().out


def test_what_is_new(made: Path, capsys: Capture) -> None:
    def change(locked: Any) -> None:
        levels = locked["wildcards"]["s3:GetO*"]
        levels["Read"].remove("s3:GetObjectAcl")
        locked["denied_by_level"][0]["actions"].remove("sqs:DeleteQueue")

    edited(made, change)
    status, out = drift(made, capsys)
    assert status == 0
    assert "warning[IAM731]" in out and "`s3:GetO*` now also matches, of level Read: s3:GetObjectAcl" in out
    assert "warning[IAM733]" in out and "of ../p.iam:7" in out and "level Write: sqs:DeleteQueue" in out
    assert drift(made, capsys, "--strict")[0] == 1
    assert drift(made.parent, capsys, "--strict")[0] == 1, "the folder stands for its manifest"
    status, out = drift(made, capsys, "--output-format", "json")
    assert [(one["kind"], one["actions"]) for one in json.loads(out)] == [
        ("level", ["sqs:DeleteQueue"]),
        ("wildcard", ["s3:GetObjectAcl"]),
    ]


def test_what_is_gone(made: Path, capsys: Capture) -> None:
    edited(made, lambda locked: locked["wildcards"]["s3:GetO*"]["Read"].append("s3:GetObjectNoMore"))
    status, out = drift(made, capsys)
    assert status == 0 and "warning[IAM732]" in out and "`s3:GetO*` stood for: s3:GetObjectNoMore" in out


@pytest.fixture
def newer(tmp_path: Path) -> Catalog:
    """A catalog in which AWS has taken `sqs:PurgeQueue` away, and has added a read and a permission to the queues."""
    shutil.copytree(catalog.default().folder, tmp_path / "newer")
    added = {"GetQueueTomorrow": ["Read", 0, ["queue*"]], "SetQueueTomorrow": ["Permissions management", 0, ["queue*"]]}
    path = tmp_path / "newer" / "services" / "sqs.json"
    service = json.loads(path.read_text())
    del service["actions"]["PurgeQueue"]
    service["actions"].update(added)
    path.write_text(json.dumps(service))
    path = tmp_path / "newer" / "actions.txt"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("sqs:PurgeQueue ")]
    path.write_text("\n".join(sorted([*lines, *[f"sqs:{name} {level}" for name, (level, *_) in added.items()]])) + "\n")
    (tmp_path / "newer" / "version").write_text("2099-01-01\n")
    return Catalog(str(tmp_path / "newer"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_newer_catalog(
    target: str, newer: Catalog, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every target, with several programs in a folder too."""
    (tmp_path / "in").mkdir()
    head = "account prod = 111122223333\nregion eu-west-1\n"
    (tmp_path / "in" / "a.iam").write_text(f"{head}user ops\nops can sqs:PurgeQueue, sqs:Get*, sqs:Set* queue q\n")
    (tmp_path / "in" / "b.iam").write_text(f"{head}user dev\ndev can sqs:SendMessage queue q\n")
    monkeypatch.chdir(tmp_path)
    assert main(["compile", "in/a.iam", "in/b.iam", "--each", "--target", target, "-o", "out"]) == 0
    assert drift(tmp_path / "out", capsys, "--strict") == (0, "")
    monkeypatch.setattr("iamdsl.catalog.load._default", [newer])
    status, out = drift(tmp_path / "out", capsys)
    assert status == 0
    assert "`sqs:Get*` now also matches, of level Read: sqs:GetQueueTomorrow" in out
    assert "`sqs:Set*` now also matches, of level Permissions management: sqs:SetQueueTomorrow" in out
    assert "`sqs:PurgeQueue` stood for: sqs:PurgeQueue" in out
    assert out.count("warning[") == 3 and drift(tmp_path / "out", capsys, "--strict")[0] == 1


def test_check_says_it(made: Path, capsys: Capture) -> None:
    program = made.parent.parent / "p.iam"
    program.write_text("\n".join(line for line in PROGRAM.splitlines() if "cannot" not in line))
    assert main(["compile", str(program), "-o", str(made.parent), "--minimize", "short"]) == 0
    edited(made, lambda locked: locked["wildcards"]["s3:GetO*"]["Read"].remove("s3:GetObjectAcl"))
    given = ["compile", str(made.parent.parent / "p.iam"), "-o", str(made.parent), "--minimize", "short", "--check"]
    assert main(given) == 1
    err = capsys.readouterr().err
    assert "warning[IAM731]" in err and "IAM605" in err
    main([*given, "--strict"])
    assert "error[IAM731]" in capsys.readouterr().err


def test_an_older_catalog(made: Path, capsys: Capture) -> None:
    """Nothing is said to be gone that AWS has only added since."""
    manifest = json.loads(made.read_text())
    manifest["catalog"] = "2999-01-01"
    manifest["locked"]["wildcards"]["s3:GetO*"]["Read"].append("s3:GetObjectTomorrow")
    made.write_text(json.dumps(manifest))
    status, out = drift(made, capsys)
    assert status == 0 and "warning[IAM734]" in out and "2999-01-01" in out and "IAM732" not in out
    assert drift(made, capsys, "--strict")[0] == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"documents": {}, "locked": {"wildcards": {"s3:*": 3}}}', '{"documents": 1}']
)
def test_what_is_no_manifest(text: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "manifest.json").write_text(text)
    status, out = drift(tmp_path / "manifest.json", capsys)
    assert status == 2 and "IAM" in out


def test_no_manifest_at_all(tmp_path: Path, capsys: Capture) -> None:
    status, out = drift(tmp_path / "nowhere.json", capsys)
    assert status == 2 and "cannot read" in out
    assert main(["catalog", "drift"]) == 2
