"""`compile --watch`: whatever editors do to files, what is written in the end is what they say in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iamdsl.cli import main

SOURCE = Path("in/main.iam")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    SOURCE.write_text("alice can read bucket a\n")
    return tmp_path


class Watcher:
    """A `compile --watch` that runs, and what it has said so far."""

    def __init__(self, *more: str) -> None:
        self.log = open("log", "w+")
        command = [sys.executable, "-m", "iamdsl", "compile", *(more or ("in", "-o", "out")), "--watch"]
        self.process = subprocess.Popen(command, stderr=self.log)

    def said(self) -> str:
        return Path("log").read_text()

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not true():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def until_said(self, text: str, times: int = 1) -> None:
        self.until(lambda: self.said().count(text) >= times)

    def until_granted(self, bucket: str) -> None:
        self.until(lambda: f":::{bucket}" in granted())


@pytest.fixture
def watcher() -> Iterator[Callable[..., Watcher]]:
    made: list[Watcher] = []

    def start(*more: str) -> Watcher:
        made.append(Watcher(*more))
        made[-1].until_said("watching")
        return made[-1]

    yield start
    for one in made:
        one.process.send_signal(signal.SIGINT)
        assert one.process.wait(20) in (0, 1, 2)
        one.log.close()
        assert "Traceback" not in one.said() and "internal error" not in one.said()


def granted() -> str:
    try:
        return Path("out/policies/alice.json").read_text()
    except OSError:
        return ""


def test_a_change_is_compiled(watcher: Callable[..., Watcher]) -> None:
    one = watcher()
    one.until_granted("a")
    SOURCE.write_text("alice can read bucket b\n")
    one.until_granted("b")
    Path("in/new.iam").write_text("alice can read bucket c\n")
    one.until_granted("c")
    os.unlink("in/new.iam")
    one.until(lambda: ":::c" not in granted())
    time.sleep(0.5)
    count = one.said().count("watching")
    time.sleep(0.7)
    assert one.said().count("watching") == count, "nothing changes, nothing is done"


def test_editors_save_as_they_like(watcher: Callable[..., Watcher]) -> None:
    one = watcher()
    Path("in/.main.iam.swp").write_text("alice can")  # a swap file, and a new file under the old name: vim, gedit
    Path("in/main.iam~").write_text(SOURCE.read_text())
    Path("in/4913").write_text("")
    os.unlink("in/4913")
    Path("in/main.iam.new").write_text("alice can read bucket b\n")
    os.replace("in/main.iam.new", SOURCE)
    one.until_granted("b")
    os.rename(
        SOURCE, "in/main.iam~"
    )  # the old file moved away, the new one written in pieces: emacs, vim with `backupcopy`
    time.sleep(0.3)
    with open(SOURCE, "w") as file:
        file.write("alice can rea")
        file.flush()
        time.sleep(0.3)
        file.write("d bucket c\n")
    one.until_granted("c")
    stamp = SOURCE.stat()
    SOURCE.write_text("alice can read bucket d\n")  # of the same size at the same time
    os.utime(SOURCE, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    one.until_granted("d")


def test_errors_come_and_go(watcher: Callable[..., Watcher]) -> None:
    one = watcher()
    SOURCE.write_text("alice can reed bucket b\n")
    one.until_said("error[IAM")
    assert ":::a" in granted()
    SOURCE.write_text('import "users.iam"\nalice can read bucket b\n')
    one.until_said("error[IAM", 2)
    Path("in/users.iam").write_text("user alice\n")
    one.until(lambda: Path("out/users/alice/policy.json").exists())
    os.rename("in", "away")
    one.until_said("error[IAM101]")
    os.rename("away", "in")
    Path("in/main.iam").write_text('import "users.iam"\nalice can read bucket c\n')
    one.until(lambda: ":::c" in Path("out/users/alice/policy.json").read_text())


def test_a_missing_import_is_waited_for(watcher: Callable[..., Watcher]) -> None:
    SOURCE.write_text('import "../shared/users.iam"\nalice can read bucket a\n')
    one = watcher()
    one.until_said("error[IAM220]")
    Path("shared").mkdir()
    Path("shared/users.iam").write_text("user alice\n")
    one.until(lambda: Path("out/users/alice/policy.json").exists())


def test_many_programs_and_their_settings(watcher: Callable[..., Watcher]) -> None:
    Path("iamdsl.toml").write_text('programs = ["in/*"]\noutput = "out"\n')
    one = watcher("--jobs", "1")
    Path("in/b.iam").write_text("bob can read bucket b\n")
    one.until(lambda: Path("out/in/b/policies/bob.json").exists())
    assert "1 program compiled" in one.said().splitlines()[-1]
    Path("iamdsl.toml").write_text('programs = ["in/*"]\noutput = "out"\nsids = true\n')
    one.until(lambda: "Sid" in Path("out/in/b/policies/bob.json").read_text())
    Path("iamdsl.toml").write_text('programs = ["in/*"]\noutput = \n')
    one.until_said("error[IAM")
    Path("iamdsl.toml").write_text('programs = ["in/m*"]\noutput = "out"\n')
    one.until(lambda: not Path("out/in/b").exists())
    assert Path("out/in/main/policies/alice.json").exists()


def test_it_is_about_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "in", "--watch"]) == 2
    assert "add `-o DIR`" in capsys.readouterr().err
    assert main(["compile", "-", "-o", "out", "--watch"]) == 2
    assert "standard input" in capsys.readouterr().err
    assert main(["compile", "in", "-o", "out", "--watch", "--check"]) == 2
