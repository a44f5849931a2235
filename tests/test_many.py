"""A repository of many programs: which there are, where each goes, and what becomes of all of them when a run is cut short."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iamdsl.cli import main
from iamdsl.emit import files
from test_output import contents, killed_at

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("shared").mkdir()
    Path("shared/users.iam").write_text("user alice, bob\n")
    for name in ("ads", "maps", "search"):
        Path("teams", name, "more").mkdir(parents=True)
        Path("teams", name, "main.iam").write_text(f'import "../../shared"\nalice can read bucket {name}\n')
        Path("teams", name, "more", "bob.iam").write_text(f"bob can write bucket {name}\n")
    Path("teams/notes.txt").write_text("mine")
    Path("web.iam").write_text("user carol\ncarol can read bucket web\n")
    settings('["teams/*", "web.iam"]')
    return tmp_path


def settings(programs: str, more: str = "") -> None:
    Path("iamdsl.toml").write_text(f'programs = {programs}\noutput = "out"\n{more}')


def places(folder: str = "out") -> list[str]:
    return list(json.loads(Path(folder, "manifest.json").read_text())["programs"])


def said(arguments: list[str], capsys: Capture, status: int = 2) -> str:
    capsys.readouterr()
    assert main(arguments) == status
    return capsys.readouterr().err


def test_each_program_has_a_folder(capsys: Capture) -> None:
    assert main(["compile"]) == 0
    assert places() == ["teams/ads", "teams/maps", "teams/search", "web"]
    assert sorted(contents(Path("out/teams/maps"))) == [
        "manifest.json",
        "users/alice/policy.json",
        "users/bob/policy.json",
    ]
    assert main(["compile", "teams/maps", "-o", "alone"]) == 0
    for path, data in contents(Path("alone/teams/maps")).items():
        assert path == "manifest.json" or data == Path("out/teams/maps", path).read_bytes()


def test_a_program_is_compiled_as_it_would_be_alone(work: Path) -> None:
    assert main(["compile", "--jobs", "2"]) == 0
    os.unlink("iamdsl.toml")
    assert main(["compile", "teams/ads", "-o", "out2/teams/ads"]) == 0
    assert contents(Path("out2/teams/ads")) == contents(Path("out/teams/ads"))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_only_what_changed_is_compiled(jobs: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from iamdsl.commands.build import pool

    compiled: list[str] = []
    real = pool.make_all

    def counted(programs: list[object], *more: object) -> object:
        compiled.extend(one.place for one in programs)  # type: ignore[attr-defined]
        return real(programs, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "make_all", counted)
    every = ["teams/ads", "teams/maps", "teams/search", "web"]
    for change, wanted in (
        (lambda: None, every),
        (lambda: None, []),
        (lambda: Path("web.iam").write_text("user carol\ncarol can write bucket web\n"), ["web"]),
        (lambda: Path("teams/maps/new.iam").write_text("alice can write bucket maps\n"), ["teams/maps"]),
        (lambda: Path("shared/users.iam").write_text("user bob, alice\n"), every[:3]),
        (lambda: os.unlink("out/teams/ads/users/bob/policy.json"), ["teams/ads"]),
        (lambda: os.unlink("out/manifest.json"), []),
        (lambda: settings('["teams/*", "web.iam"]', "sids = true"), every),
        (lambda: None, []),
    ):
        compiled.clear()
        change()
        assert main(["compile", "--jobs", jobs]) == 0
        assert compiled == wanted
        assert main(["compile", "--check"]) == 0
        assert places() == every


def test_a_program_that_is_gone_goes(capsys: Capture) -> None:
    assert main(["compile"]) == 0
    Path("out/teams/maps/notes.txt").write_text("mine")
    for path in Path("teams/maps").rglob("*.iam"):
        path.unlink()
    assert main(["compile", "--check"]) == 1
    assert "IAM605" in capsys.readouterr().err
    assert main(["compile", "teams/ads"]) == 0, "also by a run on another"
    assert places() == ["teams/ads", "teams/search", "web"]
    assert contents(Path("out/teams/maps")) == {"notes.txt": b"mine"}
    settings('["teams/*", "!teams/ads"]')
    assert main(["compile"]) == 0
    assert places() == ["teams/search"]
    assert not Path("out/web").exists() and not Path("out/teams/ads").exists()


def test_some_of_them_can_be_chosen(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["compile", "teams/maps/main.iam", "web.iam"]) == 0
    assert places() == ["teams/maps", "web"]
    monkeypatch.chdir("teams/search")
    assert main(["compile"]) == 0
    monkeypatch.chdir("../..")
    assert places() == ["teams/maps", "teams/search", "web"]
    assert main(["compile", "teams", "-o", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) >= {"teams/ads/users/alice/policy.json", "teams/search/users/bob/policy.json"}
    assert "did you mean `teams/maps`?" in said(["compile", "teams/map"], capsys, 1)
    assert "error[IAM790]: `shared/users.iam` is in no program of `iamdsl.toml`" in said(
        ["compile", "shared/users.iam"], capsys, 1
    )
    assert main(["check", "teams/ads"]) == 0


def test_programs_can_be_named_on_the_command_line(capsys: Capture) -> None:
    os.unlink("iamdsl.toml")
    assert main(["compile", "--each", "teams/*", "!teams/ads", "-o", "out"]) == 0
    assert places() == ["teams/maps", "teams/search"]
    assert main(["compile", "--each", "web.iam", "teams/maps", "-o", "out"]) == 0
    assert places() == ["teams/maps", "teams/search", "web"], "what is not named may still be there"
    assert main(["compile", "--each", "**/main.iam", "-o", "each"]) == 0
    assert places("each") == ["teams/ads/main", "teams/maps/main", "teams/search/main"]
    assert main(["compile", "--each", "teams/*", "-o", "-"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 6
    assert "`.` is the whole project, not one of its programs" in said(["compile", "--each"], capsys, 1)


@pytest.mark.parametrize(
    ("programs", "wanted"),
    [
        ('["team/*"]', "error[IAM790]: `team/*` names no program: there is no such file or folder"),
        ('["teams/notes.txt"]', "error[IAM790]: `teams/notes.txt` names no program: no .iam file is there"),
        ('["teams", "teams/ads"]', "error[IAM791]: programs `teams` and `teams/ads` share files"),
        ('["teams/*", "web.iam", "web"]', "error[IAM791]: programs `web.iam` and `web` have one place"),
        ('["web.iam", "web/*"]', "error[IAM791]: programs `web.iam` and `web/b.iam` would be written into each other"),
        ('["../*"]', "lies outside of the project"),
        ('"teams/*"', "patterns of files and folders"),
        ("[]", "patterns of files and folders"),
    ],
)
def test_wrong_programs_are_told(programs: str, wanted: str, capsys: Capture, work: Path) -> None:
    if '"web"' in programs or "web/" in programs:
        Path("web").mkdir()
        Path("web/b.iam").write_text("user carol\ncarol can read bucket web\n")
    if ".." in programs:
        Path("project").mkdir()
        os.rename("iamdsl.toml", "project/iamdsl.toml")
        os.chdir("project")
    settings(programs)
    capsys.readouterr()
    assert main(["compile"]) in (1, 2)
    assert wanted in capsys.readouterr().err
    assert not Path("out").exists()


def test_settings_inside_a_project_are_told(capsys: Capture) -> None:
    Path("teams/pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["iamdsl"]\n')
    assert main(["compile"]) == 0
    Path("teams/ads/pyproject.toml").write_text("[tool.iamdsl]\nstrict = true\n")
    assert "error[IAM792]: `teams/ads/pyproject.toml` is inside the project in `.`" in said(["compile"], capsys, 1)


def test_a_parameter_need_not_be_in_all(capsys: Capture) -> None:
    Path("web.iam").write_text('param stage = dev\nuser carol\ncarol can read bucket "web-{stage}"\n')
    assert main(["compile", "--set", "stage=prod"]) == 0
    assert "web-prod" in Path("out/web/users/carol/policy.json").read_text()
    assert main(["compile", "--set", "stage=prod"]) == 0
    assert "`--set stag` sets a parameter that the program lacks" in said(["compile", "--set", "stag=x"], capsys, 1)


def test_an_error_anywhere_leaves_all_as_it_was(capsys: Capture) -> None:
    assert main(["compile"]) == 0
    before = contents(Path("out"))
    Path("teams/ads/main.iam").write_text("alice can write bucket ads\n")
    Path("web.iam").write_text("carol can reed bucket web\n")
    assert main(["compile", "--jobs", "2"]) == 1
    assert contents(Path("out")) == before
    assert main(["compile", "teams/search"]) == 0, "the others can be compiled meanwhile"


def test_one_program_and_many_do_not_share_a_folder(capsys: Capture) -> None:
    assert main(["compile"]) == 0
    before = contents(Path("out"))
    os.unlink("iamdsl.toml")
    assert "error[IAM606]: `out/manifest.json` belongs to another program" in said(
        ["compile", "web.iam", "-o", "out"], capsys
    )
    assert contents(Path("out")) == before
    assert main(["compile", "web.iam", "-o", "one"]) == 0
    assert "error[IAM606]" in said(["compile", "--each", "web.iam", "-o", "one"], capsys)
    Path("one/manifest.json").write_text('{"programs": ["x"]}')
    assert "error[IAM607]" in said(["compile", "--each", "web.iam", "-o", "one"], capsys)
    Path("one/manifest.json").write_text('{"programs": {"../x": ["y"]}}')
    assert "error[IAM607]" in said(["compile", "--each", "web.iam", "-o", "one"], capsys)


def test_a_make_rule_names_all(capsys: Capture) -> None:
    assert main(["compile", "-MF", "out.d"]) == 0
    text = Path("out.d").read_text()
    assert text.startswith("out/manifest.json \\\n")
    for name in ("out/teams/ads/users/bob/policy.json", "shared/users.iam", "teams/maps/more/bob.iam", "iamdsl.toml"):
        assert name in text
    Path("web.iam").write_text("user carol\ncarol can write bucket web\n")
    assert main(["compile", "-MF", "out.d"]) == 0
    assert Path("out.d").read_text() == text


# ---- cut short


def test_a_killed_run_leaves_all_old_trees_or_all_new(work: Path, capsys: Capture) -> None:
    def change() -> None:
        Path("shared/users.iam").write_text("user alice, bob, eve\n")
        Path("teams/ads/main.iam").write_text('import "../../shared"\neve can read bucket ads\n')
        Path("web.iam").unlink()
        Path("zoo.iam").write_text("user zoe\nzoe can read bucket zoo\n")
        settings('["teams/*", "z*.iam"]')

    original = contents(work)
    change()
    assert main(["compile", "-o", "new", "--jobs", "1"]) == 0
    new, outcomes = contents(Path("new")), []
    for operation in range(1, 300, 3):
        for path, data in original.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(data)
        Path("zoo.iam").unlink(missing_ok=True)
        name = f"o{operation}x"  # as long as `new` is of no matter: the manifests name programs from their own folder
        assert main(["compile", "-o", name, "--jobs", "1"]) == 0
        old = contents(Path(name))
        change()
        if not killed_at(operation, ["compile", "-o", name, "--jobs", "1"], name):
            break
        pending = files.unfinished(name)
        files.finish(name)
        there = {path: data for path, data in contents(Path(name)).items() if files.STAGE not in path}
        there = {path: data for path, data in there.items() if not path.endswith("/")}
        assert there in (old, new) and (there == new or not pending)
        outcomes.append(there == new)
        assert main(["compile", "-o", name, "--jobs", "1"]) == 0
        assert contents(Path(name)) == new
    assert outcomes == sorted(outcomes) and len(set(outcomes)) == 2 and len(outcomes) > 10


def children(process: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True).stdout.split()
    return [int(one) for one in found]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_killed_run_takes_its_workers_with_it(work: Path) -> None:
    for number in range(40):
        Path(f"teams/t{number}").mkdir()
        lines = [f"alice can read bucket b{number}-{line}\n" for line in range(12)]
        Path(f"teams/t{number}/main.iam").write_text('import "../../shared"\n' + "".join(lines))
    command = [sys.executable, "-m", "iamdsl", "compile", "--jobs", "2", "--no-cache"]
    chance = random.Random(7)
    for _ in range(3):
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 30
        while not (workers := children(process.pid)) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        while any(map(alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(alive, workers))
    assert main(["compile"]) == 0
    assert len(places()) == 44 and files.settled("out")


def test_a_worker_that_is_killed_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from iamdsl.commands.build import pool

    here, real = os.getpid(), pool.make

    def deadly(*arguments: object) -> object:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "make", deadly)
    assert "error[IAM793]: a process that compiled was killed" in said(["compile", "--jobs", "2"], capsys)
    assert not Path("out").exists()


def test_runs_at_the_same_time_leave_one_whole_tree(work: Path) -> None:
    commands = [[sys.executable, "-m", "iamdsl", "compile", "--no-cache", *more] for more in ([], ["--sids"], [])]
    for _ in range(2):
        for process in [subprocess.Popen(command) for command in commands]:
            assert process.wait() == 0
    found = contents(Path("out"))
    wanted = []
    for number, more in enumerate(([], ["--sids"])):
        assert main(["compile", "-o", f"w{number}x", *more]) == 0
        wanted.append(contents(Path(f"w{number}x")))
    assert found in wanted


# ---- on a terminal


def test_a_bar_is_drawn_on_a_terminal_only(work: Path, capsys: Capture) -> None:
    import pty

    capsys.readouterr()
    assert main(["compile"]) == 0
    assert capsys.readouterr().err == ""
    for number in range(8):
        Path(f"teams/t{number}").mkdir()
        Path(f"teams/t{number}/main.iam").write_text('import "../../shared"\nalice can read bucket b\n')
    master, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    command = [sys.executable, "-m", "iamdsl", "compile", "--no-cache", "--jobs", "1"]
    process = subprocess.Popen(command, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    assert process.wait() == 0
    assert "/12 teams/" in shown.decode() and shown.endswith(b"\r\x1b[K")
