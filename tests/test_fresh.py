"""What is done already is not done again, and nothing that could change the outcome is overlooked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iamdsl import read
from iamdsl.cli import main
from iamdsl.commands.build import fresh
from iamdsl.diagnostics import Report
from iamdsl.emit import files

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["compile", "in", "-o", "out"]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for folder in ("in/deep", "shared"):
        Path(folder).mkdir(parents=True)
    Path("in/main.iam").write_text('param stage = dev\nimport "../shared"\nalice can read bucket "a-{stage}"\n')
    Path("in/deep/more.iam").write_text('bob can read bucket b until 2999-01-01 because "audit"\n')
    Path("shared/users.iam").write_text("user alice, bob\n")
    Path("iamdsl.toml").write_text("sids = false\n")
    return tmp_path


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command, and count the programs that it compiles."""
    from iamdsl.commands.build import make

    count = 0
    real = make.make

    def counted(*arguments: object, **named: object) -> object:
        nonlocal count
        count += 1
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(make, "make", counted)

    def run(arguments: list[str] = COMPILE, status: int = 0) -> int:
        nonlocal count
        count = 0
        assert main(arguments) == status
        return count

    return run


def test_nothing_is_compiled_twice(compiles: Callable[..., int], capsys: Capture) -> None:
    assert compiles() == 1
    said = capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in sorted(Path("out").rglob("*"))}
    assert compiles() == 0
    assert capsys.readouterr() == said
    assert compiles([*COMPILE, "--check"]) == compiles([*COMPILE, "--diff"]) == 0
    assert {path: path.stat().st_mtime_ns for path in sorted(Path("out").rglob("*"))} == before


def test_neither_lark_nor_the_compiler_is_imported(work: Path) -> None:
    code = f"import sys; from iamdsl.cli import main; main({COMPILE}); print(*sys.modules, file=sys.stderr)"
    run = [sys.executable, "-c", code]
    first = subprocess.run(run, capture_output=True, text=True, check=True).stderr.split()
    again = subprocess.run(run, capture_output=True, text=True, check=True).stderr.split()
    assert "iamdsl.compiler" in first
    assert not {"lark", "iamdsl.compiler", "iamdsl.syntax.parse", "iamdsl.catalog"} & set(again)


def edit(path: str, text: str) -> None:
    Path(path).write_text(text)


def secretly(path: str) -> None:
    """Other text of the same size at the same time."""
    before = os.stat(path)
    data = Path(path).read_bytes()
    Path(path).write_bytes(data.replace(b"bucket b", b"bucket c").replace(b":::b", b":::c"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[], object]] = {
    "a source": lambda: edit("in/main.iam", 'param stage = dev\nimport "../shared"\nalice can write bucket a\n'),
    "a source, secretly": lambda: secretly("in/deep/more.iam"),
    "an import": lambda: edit("shared/users.iam", "user alice, bob, carol\n"),
    "a new source": lambda: edit("in/deep/new.iam", "alice can read bucket c\n"),
    "a new source in an imported folder": lambda: edit("shared/new.iam", "user carol\n"),
    "a source that goes": lambda: os.unlink("in/deep/more.iam"),
    "the settings": lambda: edit("iamdsl.toml", "sids = true\n"),
    "an output": lambda: edit("out/users/alice/policy.json", "{}\n"),
    "an output, secretly": lambda: secretly("out/users/bob/policy.json"),
    "an output that goes": lambda: os.unlink("out/users/alice/policy.json"),
    "the manifest": lambda: edit("out/manifest.json", Path("out/manifest.json").read_text() + " "),
    "the record": lambda: [path.write_text("nonsense\n{}") for path in Path("cache/compiled").iterdir()],
    "a record of nothing": lambda: [path.unlink() for path in Path("cache/compiled").iterdir()],
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_is_compiled_again(what: str, compiles: Callable[..., int]) -> None:
    assert compiles() == 1
    Path("other").mkdir()
    CHANGES[what]()
    assert compiles() == 1
    assert main(["compile", "in", "-o", "other"]) == 0
    here, there = (
        {path.relative_to(top): path.read_text() for path in sorted(Path(top).rglob("*.json"))}
        for top in ("out", "other")
    )
    assert here == there
    assert compiles() == 0


@pytest.mark.parametrize("more", (["--sids"], ["--strict"], ["--set", "stage=prod"]))
def test_other_options_are_another_compile(more: list[str], compiles: Callable[..., int]) -> None:
    assert compiles() == 1
    assert compiles([*COMPILE, *more]) == 1
    assert compiles([*COMPILE, *more]) == 0
    assert compiles() == (0 if more == ["--strict"] else 1), "the files that were there are not those of these options"


@pytest.mark.parametrize("more", (["--output-format", "json"], ["--jobs", "1"]))
def test_how_it_is_told_is_no_other_compile(more: list[str], compiles: Callable[..., int]) -> None:
    assert compiles() == 1
    assert compiles([*COMPILE, *more]) == 0
    assert compiles([*COMPILE, "--no-cache"]) == 1


def test_a_touch_changes_nothing(compiles: Callable[..., int]) -> None:
    assert compiles() == 1
    for path in (*Path("in").rglob("*"), *Path("out").rglob("*")):
        os.utime(path)
    assert compiles() == 0


def test_another_compiler_or_catalog_counts(compiles: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiles() == 1
    monkeypatch.setattr(fresh, "_installed", lambda: "another")
    assert compiles() == 1 and compiles() == 0
    monkeypatch.setattr(fresh, "__version__", "9.9.9")
    assert compiles() == 1


def test_all_of_the_package_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "iamdsl"
    for name in (
        "read.py",
        "catalog/data/services/s3.json",
        "catalog/data/version",
        "library/s3.iam",
        "compiler/bind.py",
    ):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x")
    monkeypatch.setattr(read, "__file__", str(package / "read.py"))
    seen = {fresh._installed()}
    for path in sorted(package.rglob("*.*")):
        path.write_text("other")
        seen.add(fresh._installed())
    (package / "library" / "ec2.iam").write_text("")
    seen.add(fresh._installed())
    assert len(seen) == 6


def test_a_date_that_comes_near_is_compiled_again(
    compiles: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    Path("in/deep/more.iam").write_text('bob can read bucket b until 2040-06-15 because "audit"\n')
    until = 2223936000  # 2040-06-22
    for moment, wanted in (
        (now, 1),
        (now, 0),
        (until - 6 * 86400, 1),
        (until - 6 * 86400 + 1, 1),
        (until, 1),
        (until, 0),
    ):
        monkeypatch.setattr(fresh.time, "time", lambda: moment)
        assert compiles() == wanted, time.strftime("%Y-%m-%d", time.gmtime(moment))


def test_findings_are_said_again(compiles: Callable[..., int], capsys: Capture) -> None:
    Path("in/main.iam").write_text("dora can read bucket a\n")
    for format in ("text", "json", "sarif", "github", "concise"):
        arguments = [*COMPILE, "--output-format", format]
        assert compiles([*arguments, "--no-cache"]) == 1
        said = capsys.readouterr()
        assert "IAM215" in said.err
        assert compiles() == 1 and capsys.readouterr() if format == "text" else True
        assert compiles(arguments) == 0
        assert capsys.readouterr() == said


def test_errors_are_never_remembered(compiles: Callable[..., int], capsys: Capture) -> None:
    Path("in/main.iam").write_text("alice can reed bucket a\n")
    assert compiles(status=1) == compiles(status=1) == 1
    assert compiles(["check", "in"], status=1) == compiles(["check", "in"], status=1) == 1


def test_check_remembers_too(compiles: Callable[..., int], capsys: Capture) -> None:
    assert compiles(["check", "in"]) == 1
    assert compiles(["check", "in"]) == 0
    Path("shared/users.iam").write_text("user alice\n")
    assert compiles(["check", "in"], status=1) == 1


def test_what_a_killed_run_left_is_cleared_away(compiles: Callable[..., int]) -> None:
    assert compiles() == 1
    (Path("out") / files.STAGE).mkdir()
    (Path("out") / files.STAGE / "0").write_text("half")
    assert compiles() == 0
    assert not (Path("out") / files.STAGE).exists()


def test_a_rule_of_make_is_written_all_the_same(compiles: Callable[..., int]) -> None:
    assert compiles([*COMPILE, "-MF", "out.d"]) == 1
    text = Path("out.d").read_text()
    Path("out.d").unlink()
    stamp = time.time_ns() + 5_000_000_000
    os.utime("in/main.iam", ns=(stamp - 4_990_000_000, stamp - 4_990_000_000))
    assert compiles([*COMPILE, "-MF", "out.d"]) == 0
    assert Path("out.d").read_text() == text
    assert "shared/users.iam" in text
    assert os.stat("out/manifest.json").st_mtime_ns >= os.stat("in/main.iam").st_mtime_ns - 20_000_000


def test_no_cache_folder_is_no_fault(compiles: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("cache").write_text("not a folder")
    assert compiles() == compiles() == 1


def test_old_records_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "KEPT", 3)
    for number in range(6):
        assert main(["compile", "in", "-o", f"out{number}"]) == 0
    assert len(list(Path("cache/compiled").iterdir())) == 3


def programs() -> Iterator[Path]:
    yield from sorted((ROOT / "tests" / "cases" / "compile").glob("*/input.iam"))
    yield from sorted(path for path in (ROOT / "examples").glob("*/*.iam"))


OPENED: list[str] | None = None


def hook(event: str, details: tuple[object, ...]) -> None:
    if event == "open" and OPENED is not None and isinstance(details[0], str) and isinstance(details[2], int):
        if not details[2] & (os.O_WRONLY | os.O_RDWR | os.O_DIRECTORY):
            OPENED.append(os.path.realpath(details[0]))


def test_whatever_is_opened_is_known_to_have_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a compile reads and does not report would not be missed when it changes."""
    global OPENED
    from iamdsl.commands.build import make

    reports: list[Report] = []
    real = make.make

    def kept(*arguments: object) -> object:
        made = real(*arguments)  # type: ignore[arg-type]
        reports.append(made.report)
        return made

    monkeypatch.setattr(make, "make", kept)
    sys.addaudithook(hook)
    package = os.path.dirname(os.path.realpath(read.__file__))
    every = [*programs(), Path("in").resolve()]
    assert len(every) > 20
    for path in every:
        monkeypatch.chdir(path.parent)
        OPENED = []
        main(["compile", path.name, "-o", os.path.join(os.environ["IAMDSL_CACHE"], "..", "trees", path.parent.name)])
        opened, OPENED = OPENED, None
        known = {os.path.realpath(one) for one in reports.pop().inputs.files}
        others = [one for one in opened if one not in known and one.startswith(str(path.parent.resolve()) + os.sep)]
        others = [one for one in others if not one.startswith((package, str(ROOT / "grammar"), sys.prefix))]
        others = [one for one in others if "/cache/" not in one and "/trees/" not in one and not one.endswith(".toml")]
        assert not others, path


def test_a_record_holds_what_was_read_not_what_is_there_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes while it is compiled."""
    from iamdsl.commands.build import make

    real = make.make

    def slow(*arguments: object) -> object:
        made = real(*arguments)  # type: ignore[arg-type]
        Path("shared/users.iam").write_text("user alice, bob, carol\n")
        return made

    monkeypatch.setattr(make, "make", slow)
    assert main(COMPILE) == 0
    assert (
        list(Path("cache/compiled").iterdir()) == []
        or json.loads(next(Path("cache/compiled").iterdir()).read_text().split("\n", 1)[1]) == {}
    )
