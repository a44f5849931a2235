"""`iamdsl diff`: AWS's own verdicts, real policies and what was done to them, programs in words."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from iamdsl import catalog
from iamdsl.access.compare import Request
from iamdsl.cli import main
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.diff import Facts, Policies, confirmed, diff
from iamdsl.policy import codec

SHARED = next(
    (up / "shared" / "data" for up in Path(__file__).resolve().parents if (up / "shared" / "data").is_dir()), None
)
needs_shared = pytest.mark.skipif(SHARED is None, reason="needs the folder ../shared/data")
VERDICTS = json.loads((SHARED / "check_no_new_access.json").read_text()) if SHARED else []
MANAGED = sorted((SHARED / "managed").glob("*.json")) if SHARED else []
# The reference of this case leaves its account open as `<ACCOUNT ID>`, to be filled in; the candidate is of this account.
PLACEHOLDER, ACCOUNT = "<ACCOUNT ID>", "111111111111"
Capture = pytest.CaptureFixture[str]
FACTS = Facts(formats_of(catalog.default()))


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    status = main(["diff", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def written(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


@needs_shared
@pytest.mark.parametrize("at", range(len(VERDICTS)))
def test_verdicts_of_aws(at: int, tmp_path: Path, capsys: Capture) -> None:
    """CheckNoNewAccess as AWS documents it: status 1 is FAIL."""
    case = VERDICTS[at]
    reference = json.dumps(case["reference"]).replace(PLACEHOLDER, ACCOUNT)
    old, new = written(tmp_path, "old.json", reference), written(tmp_path, "new.json", case["candidate"])
    status, out, err = run(capsys, old, new, "--output-format", "json")
    assert err == ""
    found = json.loads(out)
    assert status == (1 if case["verdict"] == "FAIL" else 0), found
    assert found["new_access"] == (status == 1) == (found["witness"]["new"] is not None)
    assert found["relation"] != "unknown"


# ---- real policies, and what was done to them


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def parts(document: Any, chance: random.Random) -> Any:
    """The same policy in another order, with statements cut in two."""
    found: list[Any] = []
    for one in listed(document["Statement"]):
        cut = [one]
        for name in ("Action", "Resource"):
            cut = (
                [{**each, name: half} for each in cut for half in _halves(each.get(name), chance)]
                if name in one
                else cut
            )
        found += cut
    chance.shuffle(found)
    return {**document, "Statement": [{key: one[key] for key in one if key != "Sid"} for one in found]}


def _halves(values: Any, chance: random.Random) -> list[list[str]]:
    names = [*listed(values)]
    chance.shuffle(names)
    middle = len(names) // 2
    return [half for half in (names[:middle], names[middle:]) if half]


def mutants(document: Any, chance: random.Random) -> dict[str, Any]:
    """The policy with one action less, one resource wider, one condition less; None where it has none to change."""
    allows = [at for at, one in enumerate(listed(document["Statement"])) if one["Effect"] == "Allow"]
    found: dict[str, Any] = {}
    for kind, able in (
        ("action", lambda one: "Action" in one and len(listed(one["Action"])) > 1),
        ("resource", lambda one: "Resource" in one and "*" not in listed(one["Resource"])),
        ("condition", lambda one: one.get("Condition")),
    ):
        changed = copy.deepcopy(document)
        changed["Statement"] = statements = listed(changed["Statement"])
        open_to = [statements[at] for at in allows if able(statements[at])]
        if open_to:
            one = chance.choice(open_to)
            if kind == "action":
                one["Action"] = listed(one["Action"])
                one["Action"].pop(chance.randrange(len(one["Action"])))
            elif kind == "resource":
                one["Resource"] = "*"
            else:
                del one["Condition"]
            found[kind] = changed
    return found


def policies(document: Any) -> Policies:
    return Policies((codec.load(document, "identity"),))


# Changes that change nothing: a deny beside the statement says the same as the condition that it loses, or another statement
# gives the action again.
SAME = {("AWSPrivateCAPrivilegedUser", "condition"), ("AWSPrivateCAUser", "condition")}
SAME |= {("SageMakerStudioProjectUserRolePolicy", "action")}


@needs_shared
@pytest.mark.parametrize("path", MANAGED, ids=lambda path: path.stem)
def test_managed_policies(path: Path) -> None:
    document = json.loads(path.read_text())
    chance = random.Random(path.stem)
    whole = policies(document)
    same = diff(whole, policies(parts(document, chance)), FACTS)
    assert (same.verdict.relation, same.segmented) == ("equal", "")
    for kind, changed in mutants(document, chance).items():
        other = policies(changed)
        verdict = diff(whole, other, FACTS).verdict
        if (path.stem, kind) in SAME:
            assert verdict.relation == "equal"
            continue
        assert verdict.relation == ("narrower" if kind == "action" else "wider"), (kind, verdict.why)
        request, one, less = (verdict.lost, whole, other) if kind == "action" else (verdict.new, other, whole)
        assert request is not None and confirmed(request, one, less)


# ---- programs


OLD = """account home = 111122223333
region eu-west-1
user analyst, bob
group team = analyst, bob
analyst can read bucket datasets with mfa
analyst cannot delete bucket results
team can read table features
"""
NEW = """account home = 111122223333
region eu-west-1
user analyst, bob
group team = analyst, bob
analyst can read bucket datasets
analyst can write bucket results
bob can list any bucket
"""


def test_programs_in_sentences(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "old.iam", OLD)
    written(tmp_path, "new.iam", NEW)
    status, out, err = run(capsys, "old.iam", "new.iam")
    assert (status, err) == (1, "")
    assert out == (Path(__file__).parent / "cases" / "diff" / "programs.txt").read_text()


def test_programs_as_data(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "old.iam", OLD)
    written(tmp_path, "new.iam", NEW)
    _, out, _ = run(capsys, "old.iam", "new.iam", "--output-format", "json")
    found = json.loads(out)
    assert (found["relation"], found["new_access"], found["lost_access"]) == ("apart", True, True)
    assert found["witness"]["new"] == {
        "principal": "arn:aws:iam::111122223333:user/analyst",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::datasets/example",
        "context": {},
    }
    analyst = next(one for one in found["changes"] if one["subject"] == "user analyst")
    assert [one["other_side"] for one in analyst["gained"]] == ["only if mfa", ""]
    assert [one["because"] for one in analyst["gained"]] == [["new.iam:5"], ["new.iam:6"]]
    assert analyst["no_longer_denied"][0]["actions"] == ["s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion"]


def test_a_program_and_its_documents(tmp_path: Path, capsys: Capture) -> None:
    """Sentences, the folder that `compile` wrote, and one document of it, in any mix."""
    program = written(tmp_path, "p.iam", NEW)
    assert main(["compile", str(program), "-o", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    for one, other in ((program, tmp_path / "out"), (tmp_path / "out", program), (program, program)):
        assert run(capsys, one, other) == (0, "equal: both allow the same\n", "")
    single = written(tmp_path, "q.iam", "alice can read bucket b\n")
    assert main(["compile", str(single), "-o", str(tmp_path / "one")]) == 0
    capsys.readouterr()
    assert run(capsys, single, tmp_path / "one" / "policies" / "alice.json")[0] == 0


def test_the_witness_is_of_whom_the_sentence_speaks(tmp_path: Path, capsys: Capture) -> None:
    """A member of the group, the role of a permission set, one who has the policy; else the name, in some account."""
    head = "account home = 111122223333\nregion eu-west-1\nuser bob, alice\npermission set dev\ngroup g = bob, alice\n"
    for text, subject, arn in (
        (head + "g can read {}\n", "group g", "111122223333:user/alice"),
        (head + "bob can read {}\n", "user bob", "111122223333:user/bob"),
        (head + "policy p {{ can read {} }}\nbob uses p\n", "policy p", "111122223333:user/bob"),
        ("carol can read {}\n", "policy carol", "111122223333:user/carol"),
        (
            head + "dev can read {}\n",
            "permission-set dev",
            "111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_dev_0123456789abcdef",
        ),
    ):
        old, new = [written(tmp_path, f"{name}.iam", text.format(f"bucket {name}")) for name in "ab"]
        status, out, err = run(capsys, old, new, "--output-format", "json")
        found = json.loads(out)
        assert status == 1 and subject in [one["subject"] for one in found["changes"]], (out, err)
        assert found["witness"]["new"]["principal"] == f"arn:aws:iam::{arn}"


def test_groups_and_boundaries_count(tmp_path: Path, capsys: Capture) -> None:
    head = "account home = 111122223333\nregion eu-west-1\nuser alice, bob\n"
    old = written(tmp_path, "old.iam", head + "group g = alice\ng can read bucket b\n")
    new = written(tmp_path, "new.iam", head + "group g = alice, bob\ng can read bucket b\n")
    status, out, _ = run(capsys, old, new)
    assert status == 1 and "user bob gains" in out and "group g gains" not in out
    assert run(capsys, new, old)[0] == 0
    role = (
        head
        + "boundary dev {{ can read bucket {} }}\nrole r for user alice within boundary dev\nr can read any bucket\n"
    )
    narrow, wide = written(tmp_path, "n.iam", role.format("a")), written(tmp_path, "w.iam", role.format("a, b"))
    status, out, _ = run(capsys, narrow, wide)
    assert status == 1 and "role r gains" in out
    assert run(capsys, wide, narrow)[0] == 0


def test_a_lost_deny_of_a_resource_is_new_access(tmp_path: Path, capsys: Capture) -> None:
    head = "account home = 111122223333\nregion eu-west-1\nbucket b\naccount partner = 444455556666 external\n"
    head += "account partner can read bucket b\n"
    old = written(tmp_path, "old.iam", head + "nobody can delete bucket b unless mfa\n")
    new = written(tmp_path, "new.iam", head)
    status, out, _ = run(capsys, old, new)
    assert status == 1 and "is no longer denied" in out and "s3:DeleteBucket" in out


def test_the_closed_world(tmp_path: Path, capsys: Capture) -> None:
    names = [name for name, _ in catalog.default().names_matching("athena:Start*")]
    allow = {"Effect": "Allow", "Resource": "*"}
    wild = written(tmp_path, "wild.json", {"Statement": {**allow, "Action": "athena:Start*"}})
    each = written(tmp_path, "each.json", {"Statement": {**allow, "Action": names}})
    status, out, _ = run(capsys, each, wild, "--output-format", "json")
    assert status == 1 and json.loads(out)["witness"]["new"]["action"].startswith("athena:")
    assert run(capsys, each, wild, "--closed-world")[0] == 0
    fewer = written(tmp_path, "fewer.json", {"Statement": {**allow, "Action": names[1:]}})
    status, out, _ = run(capsys, fewer, wild, "--closed-world", "--output-format", "json")
    assert status == 1 and json.loads(out)["witness"]["new"]["action"] == names[0]


def test_readings_of_a_star(tmp_path: Path, capsys: Capture) -> None:
    """`a:b` is new under a star that crosses colons only: the relation is that of the documentation, the other is told."""
    allow, deny = {"Effect": "Allow", "Action": "sns:Odd"}, {"Effect": "Deny", "Action": "sns:Odd"}
    star = "arn:aws:sns:eu-west-1:111122223333:a*"
    old = written(tmp_path, "old.json", {"Statement": [{**allow, "Resource": star}, {**deny, "Resource": star + ":*"}]})
    new = written(tmp_path, "new.json", {"Statement": {**allow, "Resource": star}})
    status, out, _ = run(capsys, old, new)
    assert status == 1 and "equal where a `*` in a resource stops at colons" in out


@pytest.mark.parametrize(
    "name,text,message",
    [
        ("gone.json", None, "cannot read"),
        ("bad.json", "{", "is no policy"),
        ("bad.iam", "alice can raed bucket b\n", "unknown verb `raed`"),
        ("many.iam", OLD, "is one policy and"),
    ],
)
def test_unreadable(name: str, text: str | None, message: str, tmp_path: Path, capsys: Capture) -> None:
    good = written(tmp_path, "good.json", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    path = tmp_path / name if text is None else written(tmp_path, name, text)
    status, out, err = run(capsys, good, path)
    assert status == (1 if name == "bad.iam" else 2) and out == "" and message in err
