"""What `compile -o` leaves in a folder: all of the new tree or all of the old, whatever happens, and nothing else touched.

A killed run is a fork of this process that kills itself, with SIGKILL, at a chosen file operation.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iamdsl.cli import main
from iamdsl.emit import files
from iamdsl.emit.paths import MANIFEST, segment, segments

Capture = pytest.CaptureFixture[str]
Tree = dict[str, bytes]

OLD = "account prod = 111122223333\nuser alice, bob\nrole r for user alice\nalice can read bucket a\nbob can read bucket b\n"
NEW = "account prod = 111122223333\nuser alice, carol\nrole r for user carol\nalice can read bucket a, c\ncarol can write bucket c\n"
TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> Tree:
    """Every file below `folder`, and every empty folder."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
        elif not any(path.iterdir()):
            found[path.relative_to(folder).as_posix() + "/"] = b""
    return found


def compiled(text: str, folder: str = "out") -> Tree:
    """The tree of the program `text` as it is written to a fresh folder beside the others."""
    Path("p.iam").write_text(text)
    assert main(["compile", "p.iam", "-o", folder]) == 0
    return contents(Path(folder))


def forked(run: Callable[[], int]) -> tuple[int, str]:
    """The wait status of a child that does `run`, and what it writes to stderr."""
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 99
        try:
            sys.stderr = open(write, "w")
            status = run()
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(write)
    with open(read) as pipe:
        said = pipe.read()
    return os.waitpid(child, 0)[1], said


def killed_at(operation: int, arguments: list[str], folder: str) -> bool:
    """Run a command that is killed before it touches `folder` for the n-th time; whether that came."""

    def run() -> int:
        left = operation

        def hook(event: str, details: tuple[object, ...]) -> None:
            nonlocal left
            if event in TOUCHES and folder in os.fsdecode(str(details[0])):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        return main(arguments)

    status, _ = forked(run)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("first", [False, True], ids=["over an old tree", "into a new folder"])
def test_a_killed_run_leaves_the_old_tree_or_the_new(work: Path, capsys: Capture, first: bool) -> None:
    new = compiled(NEW, "new")
    old = {} if first else compiled(OLD, "old")
    Path("broken.iam").write_text("alice can\n")
    Path("p.iam").write_text(NEW)
    outcomes = []
    for operation in range(1, 200):
        name = f"out{operation}"
        folder = Path(name)
        if not first:
            compiled(OLD, name)
            Path("p.iam").write_text(NEW)
        (folder if not first else work).joinpath("notes.txt").write_text("mine")
        if not killed_at(operation, ["compile", "p.iam", "-o", name], name):
            break
        whole = mine(folder)
        if files.unfinished(name):
            assert main(["compile", "--check", "p.iam", "-o", name]) == 1
            assert f"`{name}` was not written to its end" in capsys.readouterr().err
            assert main(["compile", "broken.iam", "-o", name]) == 1  # any run completes what is decided
            whole = mine(folder)
            assert whole == new
        documents = {path: data for path, data in whole.items() if files.STAGE not in path and not path.endswith("/")}
        assert documents in (old, new)
        outcomes.append(documents == new)
        assert main(["compile", "p.iam", "-o", name]) == 0
        assert mine(folder) == new
    assert outcomes == sorted(outcomes) and len(set(outcomes)) == 2 and len(outcomes) > 20


def mine(folder: Path) -> Tree:
    """What is in the folder beside the note that was there before."""
    return {path: data for path, data in contents(folder).items() if path != "notes.txt"} if folder.exists() else {}


def test_runs_on_one_folder_take_turns(work: Path) -> None:
    trees = [{f"users/u{n}/policy.json": f"{turn} {n}\n" for n in range(turn, turn + 9)} for turn in range(3)]
    manifests = [json.dumps({"program": ["../p.iam"], "documents": dict.fromkeys(tree)}) for tree in trees]
    children = []
    for turn in range(3):
        if (child := os.fork()) == 0:
            status = 1
            try:
                for _ in range(40):
                    whole = {**trees[turn], MANIFEST: manifests[turn]}
                    files.update("out", files.Output({"": whole}, {"": ["../p.iam"]}))
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    found = {path: data.decode() for path, data in contents(Path("out")).items()}
    assert found in [{**trees[turn], MANIFEST: manifests[turn]} for turn in range(3)]


def test_a_stale_document_goes_and_nothing_else(work: Path) -> None:
    compiled(OLD)
    Path("out/users/bob/notes.txt").write_text("mine")
    Path("out/users/other.json").write_text("{}")
    found = compiled(NEW)
    assert "users/carol/policy.json" in found and "users/bob/policy.json" not in found
    assert found["users/bob/notes.txt"] == b"mine" and found["users/other.json"] == b"{}"


def test_what_would_not_change_is_not_written(work: Path) -> None:
    compiled(OLD)
    before = {path: path.stat().st_mtime_ns for path in sorted(work.glob("out/**/*"))}
    compiled(OLD)
    assert {path: path.stat().st_mtime_ns for path in sorted(work.glob("out/**/*"))} == before


def failing(arguments: list[str], capsys: Capture) -> str:
    """What a command says that ends with status 2 and prints nothing."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_files_of_others_are_not_overwritten(work: Path, capsys: Capture) -> None:
    Path("p.iam").write_text(OLD)
    other = Path("out/users/bob/policy.json")
    other.parent.mkdir(parents=True)
    other.write_text("by hand")
    err = failing(["compile", "p.iam", "-o", "out"], capsys)
    assert "error[IAM607]: `out/users/bob/policy.json` is there and was not written by iamdsl" in err
    assert contents(Path("out")) == {"users/bob/policy.json": b"by hand"}
    other.unlink()
    Path("out/manifest.json").write_text('{"name": "a web app"}')
    err = failing(["compile", "p.iam", "-o", "out"], capsys)
    assert "error[IAM607]: `out/manifest.json` is there" in err


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"program": "p.iam", "documents": {}}',
        '{"program": ["../p.iam"], "documents": ["a.json"]}',
        '{"program": ["../p.iam"], "documents": {"../p.json": 1}}',
        '{"program": ["../p.iam"], "documents": {"users/../../p.json": 1}}',
        '{"program": ["../p.iam"], "documents": {"/etc/x.json": 1}}',
        '{"program": ["../p.iam"], "documents": {"users//x.json": 1}}',
        '{"program": ["../p.iam"], "documents": {"manifest.json": 1}}',
        '{"program": ["../p.iam"], "documents": {"users/p.iam": 1}}',
    ],
)
def test_a_manifest_that_is_not_ours_is_left_alone(work: Path, capsys: Capture, manifest: str) -> None:
    Path("p.iam").write_text(OLD)
    Path("p.json").write_text("{}")
    Path("out").mkdir()
    Path("out/manifest.json").write_text(manifest)
    before = contents(work)
    assert "error[IAM607]" in failing(["compile", "p.iam", "-o", "out"], capsys)
    assert contents(work) == before


@pytest.mark.parametrize(
    "plan", ["", "[]", '{"move": ["../p.iam"], "remove": []}', '{"move": [], "remove": ["/etc/x.json"]}']
)
def test_a_plan_that_is_not_ours_is_not_carried_out(work: Path, capsys: Capture, plan: str) -> None:
    Path("p.iam").write_text(OLD)
    Path("out/.iamdsl-stage").mkdir(parents=True)
    Path("out/.iamdsl-stage/0").write_text("hostile")
    Path("out/.iamdsl-stage/plan.json").write_text(plan)
    before = contents(work)
    err = failing(["compile", "p.iam", "-o", "out"], capsys)
    assert "error[IAM604]: cannot write `out/.iamdsl-stage/plan.json`: not a plan of iamdsl: delete it" in err
    assert contents(work) == before


def test_the_same_program_from_elsewhere(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A program is known by where it lies, not by where the compiler runs; another of the same name is another."""
    for team in ("one", "two"):
        Path(team).mkdir()
        Path(team, "p.iam").write_text(OLD)
    assert main(["compile", "one/p.iam", "-o", "out"]) == 0
    before = contents(Path("out"))
    monkeypatch.chdir("one")
    assert main(["compile", "--check", str(work / "one" / "p.iam"), "-o", "../out"]) == 0
    assert main(["compile", "p.iam", "-o", "../out"]) == 0
    assert contents(work / "out") == before
    monkeypatch.chdir("../two")
    err = failing(["compile", "p.iam", "-o", "../out"], capsys)
    assert "error[IAM606]: `../out/manifest.json` belongs to another program: ../one/p.iam" in err


def test_a_folder_may_gain_files(work: Path) -> None:
    Path("team").mkdir()
    Path("team/a.iam").write_text("user alice\nalice can read bucket a\n")
    assert main(["compile", "team", "-o", "out"]) == 0
    Path("team/b.iam").write_text("user bob\nbob can read bucket b\n")
    assert main(["compile", "team", "-o", "out"]) == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["program"] == ["../team"] and list(manifest["sources"]) == ["../team/a.iam", "../team/b.iam"]


# ---- what cannot be written


def test_the_output_is_no_folder(work: Path, capsys: Capture) -> None:
    Path("p.iam").write_text(OLD)
    Path("file").write_text("mine")
    for folder in ("file", "file/out"):
        err = failing(["compile", "p.iam", "-o", folder], capsys)
        assert "error[IAM604]: cannot write `file`: not a directory" in err
    assert "`-o` needs the name of a folder" in failing(["compile", "p.iam", "-o", ""], capsys)
    assert contents(work) == {"p.iam": OLD.encode(), "file": b"mine"}


def test_something_stands_where_a_document_belongs(work: Path, capsys: Capture) -> None:
    Path("p.iam").write_text(OLD)
    Path("out").mkdir()
    Path("out/users").write_text("mine")
    err = failing(["compile", "p.iam", "-o", "out"], capsys)
    assert "error[IAM604]: cannot write `out/users" in err and "not a directory" in err
    assert contents(Path("out")) == {"users": b"mine"}
    Path("out/users").unlink()
    Path("out/users/bob/policy.json/x").mkdir(parents=True)
    err = failing(["compile", "p.iam", "-o", "out"], capsys)
    assert "error[IAM604]: cannot write `out/users/bob/policy.json`: is a directory" in err
    assert contents(Path("out")) == {"users/bob/policy.json/x/": b""}


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that other users can reach, with a program and the tree of an older one."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.mark.parametrize("locked", ["out", "out/users", "out/users/bob"])
def test_a_folder_that_may_not_be_written(shared: Path, monkeypatch: pytest.MonkeyPatch, locked: str) -> None:
    monkeypatch.chdir(shared)
    compiled(OLD)
    for path in [shared, *shared.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o644)
    Path("p.iam").write_text(NEW)
    Path(locked).chmod(0o555)
    before = contents(Path("out"))

    def run() -> int:
        if os.geteuid() == 0:
            os.setuid(65534)
        return main(["compile", "p.iam", "-o", "out"])

    status, err = forked(run)
    assert os.WEXITSTATUS(status) == 2
    assert "error[IAM604]: cannot write `out/" in err and "permission denied" in err
    assert contents(Path("out")) == before


@pytest.mark.parametrize("limit", [0, 100, 1500])
@pytest.mark.parametrize("first", [False, True])
def test_a_full_disk(work: Path, limit: int, first: bool) -> None:
    """Files may not grow beyond a limit: some documents can be written and others not."""
    if not first:
        compiled(OLD)
    Path("p.iam").write_text(NEW + "".join(f"alice can read bucket b{n}\n" for n in range(50)))
    before = contents(work)

    def run() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return main(["compile", "p.iam", "-o", "out"])

    status, err = forked(run)
    assert os.WEXITSTATUS(status) == 2
    assert "error[IAM604]: cannot write `out/" in err and "file too large" in err
    assert contents(work) == before


def test_a_fault_after_the_decision_is_undone(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A disk that fails at the n-th move: what moved goes back."""
    before = compiled(OLD)
    Path("p.iam").write_text(NEW)
    move, failed = os.replace, 0
    for number in range(2, 20):
        left = number

        def broken(source: str, target: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(5, "Input/output error", target)
            move(source, target)

        monkeypatch.setattr(os, "replace", broken)
        status = main(["compile", "p.iam", "-o", "out"])
        monkeypatch.setattr(os, "replace", move)
        err = capsys.readouterr().err
        if status == 0:
            break
        assert status == 2 and "input/output error" in err
        assert contents(Path("out")) == before
        failed += 1
    assert failed == 4 and contents(Path("out")) == compiled(NEW, "new")


# ---- names


def test_names_are_one_segment_each() -> None:
    for name, wanted in {
        "alice": "alice",
        "..": "%2E%2E",
        ".": "%2E",
        ".hidden": "%2Ehidden",
        "a.": "a%2E",
        "a.b": "a.b",
        "prod/api-key": "prod%2Fapi-key",
        "a\\b": "a%5Cb",
        "secrets": "secrets",
        "50%": "50%25",
        "*": "%2A",
        "ü": "%C3%BC",
        "con": "%63on",
        "NUL.txt": "%4EUL.txt",
        "manifest.json": "%6Danifest.json",
        "~": "%7E",
    }.items():
        assert segment(name) == wanted
    long = segment("a" * 500)
    assert len(long) < 220 and long != segment("a" * 501) and "~" in long


def test_names_that_differ_in_case_stay_apart() -> None:
    names = ["Alice", "alice", "ALICE", "bob", "%41lice"]
    found = segments(names)
    assert len({segment.lower() for segment in found.values()}) == len(names)
    assert found["alice"] == "alice" and found["bob"] == "bob" and found["Alice"] == "%41lice"
    assert segments(list(reversed(names))) == found


def test_several_accounts_have_a_folder_each(work: Path) -> None:
    found = compiled(OLD + "account dev = 444455556666\naccount partner = 777788889999 external\n")
    assert "prod/users/alice/policy.json" in found and "manifest.json" in found
    manifest = json.loads(found["manifest.json"])
    assert set(manifest["documents"]) | {"manifest.json"} == set(found)
    assert {entry["account"] for entry in manifest["documents"].values()} == {"111122223333"}
