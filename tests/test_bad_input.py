"""What a person can put before the command line by mistake: a clear finding, status 1 or 2, and nothing written."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

import iamdsl.cache
from iamdsl.cli import main
from iamdsl.diagnostics import Report
from iamdsl.source import Source
from iamdsl.syntax import lex, parse, tables

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "iamdsl"]
GOOD = b"user alice\nalice can read bucket a\n"
BAD = b"user alice\nalice can red bucket a\n"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    return tmp_path


def refused(arguments: list[str], capsys: Capture, status: int) -> str:
    """What a command says that ends with `status`, prints nothing and leaves no folder `out`."""
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert out == "" and not Path("out").exists()
    assert "internal error" not in err and "Traceback" not in err
    return err


# ---- texts

NOISE = random.Random(1)
TEXTS: dict[str, tuple[int, str, bytes]] = {
    "10 MB of bytes": (2, "error[IAM102]", NOISE.randbytes(10_000_000)),
    "1 MB of ASCII": (1, "error[IAM1", "".join(NOISE.choices('abc {}()[]",#=\n\t', k=1_000_000)).encode()),
    "17 MB": (2, "error[IAM110]: `p.iam` has over 16777216 bytes", b"# a comment\n" * 1_500_000),
    "deep brackets": (1, "error[IAM106]", b"alice can read bucket b if " + b"(" * 10_000 + b"mfa" + b")" * 10_000),
    "deep blocks": (1, "error[IAM106]", b"for x in [a] {\n" * 10_000 + b"}\n" * 10_000),
    "deep lists": (1, "error[IAM106]", b"[" * 10_000),
    "a NUL": (1, "error[IAM103]: unexpected character `\\x00`\n  --> p.iam:1:24\n", b"alice can read bucket a\0\n"),
    "UTF-16": (2, "error[IAM102]: byte 0xff is not UTF-8\n  --> p.iam:1:1\n", "alice can\n".encode("utf-16")),
    "Latin-1": (2, "error[IAM102]: byte 0xe9 is not UTF-8\n  --> p.iam:2:4\n", b"a can\nb \xc3\xa9\xe9"),
    "old Mac line ends": (1, "save the file with the line ends of Unix or Windows", b"a can read bucket b\ra can"),
    "tabs and spaces": (1, "error[IAM107]", b"a can {\n\tread bucket a\n        list bucket b\n}\n"),
    "an open block": (1, "error[IAM105]: `{` is not closed\n  --> p.iam:1:11\n", b"alice can {\n    read bucket a\n"),
    "an open string": (1, "error[IAM104]", b'alice can read bucket "a\n'),
    "nothing": (1, "error[IAM111]: the program grants nothing", b""),
    "a comment": (1, "error[IAM111]", b"# alice can read bucket a\n"),
    "a byte order mark alone": (1, "error[IAM111]", b"\xef\xbb\xbf"),
    "a long name": (1, "error[IAM210]", b"user " + b"a" * 4_000 + b"\n"),
    "a long name of a resource": (1, "error[IAM601]", b"boundary alice {\ncan read bucket " + b"b" * 4_000 + b"\n}\n"),
    "a word without end": (1, "error[IAM117]: this word has 100000 characters", b"user " + b"a" * 100_000 + b"\n"),
    "a string without end": (1, "error[IAM117]", b'alice can read bucket "' + b"b" * 100_000 + b'"\n'),
    "HTML": (1, "error[IAM1", b"<!DOCTYPE html>\n<html><body>not found</body></html>\n"),
    "JSON": (1, "error[IAM1", b'{"Version": "2012-10-17", "Statement": []}\n'),
    "an executable": (2, "error[IAM102]", Path(sys.executable).read_bytes()[:100_000]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str, capsys: Capture) -> None:
    status, said, data = TEXTS[name]
    Path("p.iam").write_bytes(data)
    assert said in refused(["compile", "p.iam", "-o", "out"], capsys, status)
    assert main(["check", "p.iam"]) == status
    out, err = capsys.readouterr()
    assert said in out and err == ""
    assert main(["format", "p.iam"]) in (0, status)
    assert Path("p.iam").read_bytes() == data or status == 1


@pytest.mark.parametrize(
    "text", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), GOOD.replace(b" can", b"\tcan")]
)
def test_marks_and_line_ends_that_do_no_harm(text: bytes, capsys: Capture) -> None:
    Path("p.iam").write_bytes(text)
    assert main(["compile", "p.iam"]) == 0 and '"arn:aws:s3:::a"' in capsys.readouterr().out
    assert main(["format", "p.iam"]) == 0 and Path("p.iam").read_bytes() == GOOD


# ---- files


def test_what_is_no_file(capsys: Capture) -> None:
    Path("p.iam").write_bytes(GOOD)
    Path("empty").mkdir()
    Path("link.iam").symlink_to("nowhere.iam")
    Path("loop.iam").symlink_to("loop.iam")
    for name, why in {
        "none.iam": "no such file or directory",
        "link.iam": "no such file or directory",
        "loop.iam": "too many levels of symbolic links",
        "p.iam/q.iam": "not a directory",
        "empty": "no .iam file is in this folder",
        "": "no such file or directory",
        "x" * 300: "file name too long",
        "a\nb": "no such file or directory",
        "a\0b": "not a path",
    }.items():
        for more in ([], ["p.iam"]):
            err = refused(["compile", name, *more, "-o", "out"], capsys, 2)
            assert err.startswith("error[IAM101]: cannot read `") and why in err
        assert main(["check", name]) == 2 and why in capsys.readouterr().out
        assert main(["format", name]) == 2 and why in capsys.readouterr().err
    assert main(["compile", "--", "--x"]) == 2 and "cannot read `--x`" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are files")
def test_pipes_and_devices(capsys: Capture) -> None:
    assert "IAM111" in refused(["compile", "/dev/null"], capsys, 1)
    assert "IAM110" in refused(["compile", "/dev/zero"], capsys, 2)
    os.mkfifo("p.iam")
    if os.fork() == 0:
        try:
            Path("p.iam").write_bytes(GOOD)
        finally:
            os._exit(0)
    assert main(["compile", "p.iam"]) == 0
    os.wait()


def test_a_folder_is_read_whole(capsys: Capture) -> None:
    """What is missing from a program may be what forbids, so links are followed and nothing is passed over quietly."""
    Path("in/sub").mkdir(parents=True)
    Path("elsewhere").mkdir()
    Path("in/a.iam").write_bytes(GOOD)
    Path("elsewhere/b.iam").write_text("alice cannot read bucket a/secret/*\n")
    Path("in/linked").symlink_to("../elsewhere")
    Path("in/again").symlink_to("../elsewhere")
    Path("in/sub/up").symlink_to("..")
    Path("in/.#a.iam").symlink_to("someone@somewhere.1234")  # Emacs has a.iam open
    assert main(["compile", "in"]) == 0
    assert '"arn:aws:s3:::a/secret/*"' in capsys.readouterr().out
    Path("in/sub/c.iam").symlink_to("nowhere")
    assert "error[IAM101]: cannot read `in/sub/c.iam`" in refused(["compile", "in"], capsys, 2)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users can reach."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.mark.parametrize("locked", ["in/a.iam", "in/sub"])
def test_what_may_not_be_read(shared: Path, monkeypatch: pytest.MonkeyPatch, locked: str) -> None:
    monkeypatch.chdir(shared)
    Path("in/sub").mkdir(parents=True)
    Path("in/a.iam").write_bytes(GOOD)
    Path("in/sub/b.iam").write_text("alice cannot read bucket a/secret/*\n")
    Path(locked).chmod(0)
    read, write = os.pipe()
    if os.fork() == 0:
        status = 99
        try:
            sys.stdout = sys.stderr = open(write, "w")
            if os.geteuid() == 0:
                os.setuid(65534)
            status = main(["compile", "in"])
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(write)
    with open(read) as pipe:
        said = pipe.read()
    assert os.WEXITSTATUS(os.wait()[1]) == 2
    assert said == f"error[IAM101]: cannot read `{locked}`: permission denied\n\n1 error\n"
    Path(locked).chmod(0o777)


# ---- --set


def test_settings(capsys: Capture) -> None:
    Path("p.iam").write_text("param env\nuser alice\nalice can read bucket b-{env}\n")
    for given, status, said in (
        ([], 1, "error[IAM202]: parameter `env` has no value"),
        (["--set", "env"], 2, "error: `--set env`: write `--set NAME=VALUE`"),
        (["--set", "=x"], 2, "error: `--set =x`: write `--set NAME=VALUE`"),
        (["--set", "env="], 1, "error[IAM"),
        (["--set", "evn=a"], 1, "= help: did you mean `env`?"),
        (["--set", "env=a", "--set", "env=b"], 2, "error: `--set env` is given twice: `a` and `b`"),
        (["--set", "env=*"], 1, "error[IAM"),
        (["--set", "env=${aws:username}"], 1, "error[IAM"),
    ):
        assert said in refused(["compile", "p.iam", "-o", "out", *given], capsys, status)
    assert main(["compile", "p.iam", "--set", "env=a=b"]) == 0 and "arn:aws:s3:::b-a=b" in capsys.readouterr().out
    assert main(["compile", "p.iam", "--set", "env=a", "--set", "env=a"]) == 0


# ---- streams


def ran(line: str, **environment: str) -> tuple[int, str]:
    """Status and stderr of a shell line in which `iamdsl` is the command and `$?` that of a pipe's first part."""
    shown = " ".join(f"'{word}'" for word in COMMAND)
    done = subprocess.run(
        ["bash", "-c", f'iamdsl() {{ {shown} "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}'],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr and "Exception" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.skipif(shutil.which("bash") is None or not Path("/dev/full").exists(), reason="needs a POSIX shell")
def test_streams_that_fail() -> None:
    Path("good.iam").write_bytes(GOOD)
    Path("bad.iam").write_bytes(BAD)
    full = "error: cannot write standard output: no space left on device\n"
    for line in ("compile good.iam", "check bad.iam", "explain IAM301", "format - < bad.iam"):
        assert ran(f"iamdsl {line} > /dev/full") == (2, full), line
        assert ran(f"iamdsl {line} >&-") == (2, "error: cannot write standard output: bad file descriptor\n"), line
        assert ran(f"iamdsl {line} | head -0")[0] in (0, 1), line  # 0 where the reader was slow to go
    assert ran("iamdsl compile bad.iam 2> /dev/full")[0] == 2
    assert ran("iamdsl compile bad.iam 2>&-")[0] == 1
    assert ran("iamdsl compile bad.iam 2>&1 | head -0")[0] == 1
    assert ran("iamdsl compile good.iam -o out >&- 2>&-") == (0, "") and Path("out/manifest.json").exists()
    assert ran("iamdsl compile - <&-") == (2, "error[IAM101]: cannot read `-`: it is closed\n\n1 error\n")


# ---- the cache of the parse tables


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("IAMDSL_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("cache").resolve()))
    tables.load()
    (path,) = Path("cache/iamdsl").iterdir()
    return path


def whole(path: Path) -> bool:
    """Whether a cache file is as it was written: its first line is the digest of the rest."""
    digest, _, data = path.read_bytes().partition(b"\n")
    return sha256(data).hexdigest().encode() == digest


def reads_all() -> bool:
    """Whether the tables that are loaded now read the whole language."""
    source = Source("p.iam", (ROOT / "tests" / "cases" / "syntax" / "whole_language.iam").read_text("utf-8"))
    tokens, _ = lex.scan(source, Report())
    table = tables.load()
    return all(parse.run(table, source, one.tokens) for one in lex.cut(source, tokens, Report()))


def test_a_cache_that_is_broken_is_made_anew(cache: Path) -> None:
    good = cache.read_bytes()
    middle = len(good) // 2
    for data in (b"", b"{}", b"[]", b"null", good[:-1], good[:middle], b"\0" * 100, b"\xff" + good, good + b" "):
        cache.write_bytes(data)
        assert reads_all() and whole(cache)
    for place in (10, 70, middle, len(good) - 3):  # one digit of one state wrong would be another language
        changed = bytearray(good)
        changed[place] ^= 1
        cache.write_bytes(changed)
        assert reads_all() and whole(cache)


def test_a_cache_that_cannot_be_kept_costs_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text("mine")
    Path("good.iam").write_bytes(GOOD)
    unset = {"IAMDSL_CACHE": "", "XDG_CACHE_HOME": "", "HOME": ""}
    for given in (
        {"XDG_CACHE_HOME": str(Path("file").resolve())},
        {"XDG_CACHE_HOME": "/proc/none"},
        {"IAMDSL_CACHE": "/dev/null/x"},
        {"XDG_CACHE_HOME": "relative"},
        {"HOME": "/nowhere"},
        {},
    ):
        before = sorted(Path().rglob("*"))
        assert ran("iamdsl compile good.iam > /dev/null", **{**unset, **given})[0] == 0, given
        assert sorted(Path().rglob("*")) == before, given


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's home, not even in the list of users: no folder named `~` may be made."""
    for name in ("HOME", "XDG_CACHE_HOME", "IAMDSL_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert iamdsl.cache.folder() is None
    tables.load()
    assert list(Path().iterdir()) == []


# ---- names


def test_names_that_are_no_names_of_files(capsys: Capture) -> None:
    program = 'user "..", alice, Alice, ALICE, secrets, con, "a.", "x@y.z"\n'
    for number, name in enumerate(('".."', "alice", "Alice", "ALICE", "secrets", "con", '"a."', '"x@y.z"')):
        program += f"user {name} can read bucket b{number}\n"
    Path("p.iam").write_text(program)
    assert main(["compile", "p.iam", "-o", "out"]) == 0, capsys.readouterr().err
    found = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file())
    assert found == [
        "manifest.json",
        "users/%2E%2E/policy.json",
        "users/%41%4C%49%43%45/policy.json",
        "users/%41lice/policy.json",
        "users/%63on/policy.json",
        "users/a%2E/policy.json",
        "users/alice/policy.json",
        "users/secrets/policy.json",
        "users/x@y.z/policy.json",
    ]
