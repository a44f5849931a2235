"""`import iamdsl`: the commands as functions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import iamdsl
from iamdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "user alice\nalice can read bucket reports with mfa\n"


def test_importing_it_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import iamdsl; print(*set(sys.modules) - before)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["iamdsl"]


def test_all_that_is_offered_is_there() -> None:
    for name in iamdsl.__all__:
        assert getattr(iamdsl, name).__doc__, name
        assert name in dir(iamdsl)
    assert sorted(iamdsl.__all__) == iamdsl.__all__
    with pytest.raises(AttributeError, match="no attribute 'compyle'"):
        iamdsl.compyle  # type: ignore[attr-defined]


def test_types_are_known_to_type_checkers(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "import iamdsl\n"
        "reveal_type(iamdsl.compile('x'))\n"
        "reveal_type(iamdsl.can('a', 'b', 'c', 'd').because[0].sentence)\n"
        "iamdsl.compile('x', target='pulumi')\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental", "user.py"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout
    assert 'Revealed type is "iamdsl.api.compiling.Compilation"' in said
    assert 'Revealed type is "str | None"' in said
    assert 'error: Argument "target" to "compile" has incompatible type' in said and said.count("error:") == 1


def test_a_text_is_compiled() -> None:
    found = iamdsl.compile(PROGRAM)
    assert list(found.documents) == ["users/alice/policy.json"]
    assert found.documents["users/alice/policy.json"]["Statement"][0]["Condition"]
    assert found.diagnostics == () and found.sources == ()
    assert found.manifest["documents"]["users/alice/policy.json"]["statements"][0]["sentences"] == ["program.iam:2"]


@pytest.mark.parametrize("target", ["json", "terraform", "cloudformation"])
def test_files_are_compiled_as_the_command_does(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("in", "lib"):
        Path(name).mkdir()
    Path("lib/users.iam").write_text("account prod = 111122223333\nuser alice\n")
    Path("in/main.iam").write_text(
        'import "../lib/users.iam"\nparam stage = dev\nalice can read bucket "reports-{stage}" because "x"\n'
    )
    given = ["--set", "stage=prod", "--target", target, "--sids"]
    assert main(["compile", "in", "-o", "theirs", *given]) == 0
    found = iamdsl.compile(Path("in"), parameters={"stage": "prod"}, target=target, sids=True)  # type: ignore[arg-type]
    assert set(found.write("ours")) == {*found.documents, "manifest.json"}
    assert found.write("ours") == ()
    assert {Path(path) for path in found.sources} == {Path("in/main.iam"), Path("lib/users.iam")}
    for path in Path("theirs").rglob("*.json"):
        assert (Path("ours") / path.relative_to("theirs")).read_bytes() == path.read_bytes()
    assert len(list(Path("theirs").rglob("*"))) == len(list(Path("ours").rglob("*")))


def test_errors_are_raised_with_all_findings() -> None:
    with pytest.raises(iamdsl.CompileError) as caught:
        iamdsl.compile("alice can reed bucket a\nbob can read bocket b\n", name="team.iam")
    codes = [(one.code, one.line, one.file) for one in caught.value.diagnostics if one.severity == "error"]
    assert codes == [("IAM304", 1, "team.iam"), ("IAM303", 2, "team.iam")]
    assert "did you mean `read`?" in str(caught.value)
    found = iamdsl.check("alice can reed bucket a\n")
    assert [str(one) for one in found if one.severity == "error"] == [
        "program.iam:1:11: error[IAM304]: unknown verb `reed`"
    ]
    assert "^^^^" in found[-1].text
    with pytest.raises(iamdsl.CompileError, match="IAM101"):
        iamdsl.compile(Path("none.iam"))
    with pytest.raises(iamdsl.CompileError, match="IAM203"):
        iamdsl.compile(PROGRAM, parameters={"stage": "prod"})
    with pytest.raises(iamdsl.CompileError):
        iamdsl.compile("")


def test_levels_and_strictness() -> None:
    assert [one.severity for one in iamdsl.check("zoe can read bucket a")] == ["note"]
    assert [one.severity for one in iamdsl.check("zoe can read bucket a", rules={"undeclared-subject": "error"})] == [
        "error"
    ]
    assert iamdsl.check("zoe can read bucket a", rules={"IAM215": "off"}) == ()


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (lambda: iamdsl.compile("platform.iam"), ValueError, r"give pathlib.Path\('platform.iam'\)"),
        (lambda: iamdsl.compile(7), TypeError, "not iterable"),
        (lambda: iamdsl.compile(["a.iam"]), TypeError, "not str 'a.iam'"),
        (lambda: iamdsl.compile([]), ValueError, "no files"),
        (lambda: iamdsl.compile(PROGRAM, target="pulumi"), ValueError, "no target"),
        (lambda: iamdsl.compile(PROGRAM, parameters={"n": 3}), ValueError, "is text, not int"),
        (lambda: iamdsl.compile(PROGRAM, rules={"IAM999x": "off"}), ValueError, "no rule"),
        (lambda: iamdsl.compile(PROGRAM, rules={"IAM304": "off"}), ValueError, "an error always"),
        (lambda: iamdsl.validate("policy.json"), ValueError, "give pathlib.Path"),
        (lambda: iamdsl.validate({}, kind="user"), ValueError, "no kind of policy"),
        (lambda: iamdsl.validate({}, resource_type="s3:buckt"), ValueError, "no type with a policy"),
        (lambda: iamdsl.can("alice", "s3:GetObject", "*", []), ValueError, "no files"),
    ],
)
def test_wrong_arguments(wrong: object, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        wrong()  # type: ignore[operator]


def test_format() -> None:
    assert iamdsl.format("alice   can  read bucket a  # why\n") == "alice can read bucket a  # why\n"
    with pytest.raises(iamdsl.CompileError):
        iamdsl.format("alice can (")


def test_validate(tmp_path: Path) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjct", "Resource": "*"}]}
    (tmp_path / "p.json").write_text(json.dumps(policy))
    for given in (policy, json.dumps(policy), tmp_path / "p.json"):
        found = iamdsl.validate(given, kind="identity")  # type: ignore[arg-type]
        assert [(one.code, one.pointer, one.aws_code) for one in found if one.severity == "error"] == [
            ("IAM805", "/Statement/0/Action", "INVALID_ACTION")
        ]
    assert [one.code for one in iamdsl.validate("{")] and iamdsl.validate(tmp_path / "none.json")[0].code == "IAM101"


def test_diff(tmp_path: Path) -> None:
    found = iamdsl.diff(PROGRAM, PROGRAM + "alice can write bucket results\n")
    assert (found.relation, found.new_access, found.lost_access, found.lost) == ("wider", True, False, None)
    assert found.new is not None and found.new.action.startswith("s3:")
    (change,) = found.changes
    assert change.subject == "user alice" and change.gained[0].because == ("new.iam:3",)
    assert "user alice gains" in found.text
    iamdsl.compile(PROGRAM).write(tmp_path / "out")
    assert iamdsl.diff(tmp_path / "out", PROGRAM).relation == "equal"
    document = iamdsl.compile(PROGRAM).documents["users/alice/policy.json"]
    assert iamdsl.diff(document, json.dumps(document)).relation == "equal"
    with pytest.raises(iamdsl.CompileError):
        iamdsl.diff(PROGRAM, "alice can reed bucket a")
    with pytest.raises(ValueError, match="`old` is one policy"):
        iamdsl.diff(document, "user a, b\na can read bucket x\nb can read bucket x\n")


def test_questions() -> None:
    mfa = {"aws:MultiFactorAuthPresent": "true"}
    yes = iamdsl.can("alice", "s3:GetObject", "arn:aws:s3:::reports/x", PROGRAM, context=mfa)
    no = iamdsl.can("alice", "s3:GetObject", "arn:aws:s3:::reports/x", PROGRAM)
    assert yes and yes.because[0].sentence == "text.iam:2" and yes.text.startswith("yes")
    assert not no and no.decision == "implicit-deny"
    with pytest.raises(iamdsl.CompileError, match="unknown principal|unknown action|IAM"):
        iamdsl.can("dora", "s3:GetObject", "arn:aws:s3:::reports/x", PROGRAM)
    grantees = iamdsl.who_can("s3:GetObject", "arn:aws:s3:::reports/x", PROGRAM)
    assert grantees[0].principal == "user alice" and grantees[0].conditions == ("mfa",)
    claims = iamdsl.prove(
        PROGRAM + "assert alice can read bucket reports with mfa\nassert alice can read bucket other\n"
    )
    assert [one.verdict for one in claims] == ["proved", "refuted"] and claims[0].line == 3
    with pytest.raises(iamdsl.CompileError):
        iamdsl.prove("alice can reed bucket x\nassert alice can read bucket x\n")


def test_decompile() -> None:
    document = iamdsl.compile(PROGRAM).documents["users/alice/policy.json"]
    text = iamdsl.decompile(document, kind="identity")
    assert "read bucket reports with mfa" in text
    assert iamdsl.diff(document, list(iamdsl.compile(text).documents.values())[0]).relation == "equal"
    with pytest.raises(iamdsl.CompileError):
        iamdsl.decompile("{")


def test_minimize() -> None:
    actions = ["s3:GetObject", "s3:GetObject", "s3:ListBucket"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    found = iamdsl.minimize(policy)
    assert found.proof == "equal" and found.after < found.before
    assert iamdsl.diff(policy, found.policy).relation == "equal"
    with pytest.raises(ValueError, match="no mode"):
        iamdsl.minimize(policy, mode="tiny")  # type: ignore[arg-type]
    with pytest.raises(iamdsl.CompileError):
        iamdsl.minimize("[]")
    assert iamdsl.compile(PROGRAM, minimize="short").documents


def test_output_of_others_is_left_alone(tmp_path: Path) -> None:
    iamdsl.compile(PROGRAM, name="a.iam").write(tmp_path / "out")
    with pytest.raises(FileExistsError, match="belongs to another program"):
        iamdsl.compile(PROGRAM, name="b.iam").write(tmp_path / "out")


def test_it_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    iamdsl.compile("zoe can read bucket a")
    iamdsl.can("alice", "s3:GetObject", "arn:aws:s3:::reports/x", PROGRAM)
    assert capfd.readouterr() == ("", "")


THREADS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import iamdsl

sys.setswitchinterval(1e-5)
nouns = ["bucket", "table", "queue", "topic", "secret", "function", "key", "repository"]
barrier = threading.Barrier(8)

def work(n):
    barrier.wait()
    found = []
    for turn in range(6):
        noun = nouns[(n + turn) % 8]
        text = f"account p = 111122223333\\nregion eu-west-1\\nuser u{n}\\nu{n} can read {noun} n{noun}\\n"
        made = iamdsl.compile(text)
        assert list(made.documents) == [f"users/u{n}/policy.json"], made.documents
        found.append(str(made.documents).replace(f"u{n}", "u"))
        assert iamdsl.check(f"u{n} can reed {noun} n")[-1].code == "IAM304"
        assert iamdsl.diff(text, text).relation == "equal"
    return {nouns[(n + turn) % 8]: one for turn, one in enumerate(found)}

with ThreadPoolExecutor(8) as pool:
    every = list(pool.map(work, range(8)))
for noun in nouns:
    assert len({one[noun] for one in every if noun in one}) == 1, noun
print("the same in all threads")
"""


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    """From the first import on, in a fresh process: what is read of the catalog is read by several at once."""
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True)
    assert done.stdout == "the same in all threads\n", done.stderr
    lock, written = threading.Lock(), []

    def write(n: int) -> None:
        found = iamdsl.compile(f"user a{n}\na{n} can read bucket b\n", name="p.iam").write(tmp_path / "out")
        with lock:
            written.append(found)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(12)))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    files = [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json")]
    assert set(files) == {*manifest["documents"], "manifest.json"} and len(files) == 2


BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_what_the_documentation_shows_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "python.md", "exec"), {})


def test_the_documentation_names_all_functions() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    functions = [name for name in iamdsl.__all__ if name[0].islower()]
    assert [name for name in functions if f"| `{name}(" not in text] == []
