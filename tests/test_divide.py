"""Documents over their quota: the fewest that fit, nothing lost, and few statements moved by a small edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iamdsl.access.model import Origin
from iamdsl.cli import main
from iamdsl.compiler.divide import divide
from iamdsl.compiler.lower import Lowered
from iamdsl.policy import codec
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.validate import counted, size
from iamdsl.render.sizes import sizes

Capture = pytest.CaptureFixture[str]
LIMIT = 600
FRAME = size(Document("managed", ()), "nonspace")


def names(prefix: str, most: int) -> st.SearchStrategy[tuple[str, ...]]:
    one = st.integers(0, 99).map(lambda number: f"{prefix}{number:02}" + "x" * (number % 17))
    return st.lists(one, min_size=1, max_size=most, unique=True).map(lambda found: tuple(sorted(found)))


statements = st.builds(
    lambda effect, actions, resources, excepted: Statement(
        effect,
        action=None if excepted == "action" else actions,
        not_action=actions if excepted == "action" else None,
        resource=None if excepted == "resource" else resources,
        not_resource=resources if excepted == "resource" else None,
    ),
    st.sampled_from(["Allow", "Deny"]),
    names("s3:Act", 30),
    names("arn:aws:s3:::", 12),
    st.sampled_from(["", "", "", "", "action", "resource"]),
)


def lowered(listed: list[Statement]) -> Lowered:
    origins = tuple((Origin("p", at, at + 1),) for at in range(len(listed)))
    return Lowered(Document("managed", tuple(listed)), origins)


def said(documents: tuple[Lowered, ...]) -> set[tuple[Any, ...]]:
    """Each pair of one action and one resource of each sentence; the lists of exceptions whole."""
    found = set()
    for document in documents:
        for one, origins in zip(document.document.statements, document.origins, strict=True):
            for action in one.action or [one.not_action]:
                for resource in one.resource or [one.not_resource]:
                    found.add((one.effect, action, resource, origins))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(statements, min_size=1, max_size=12))
def test_nothing_is_lost_and_all_fit(listed: list[Statement]) -> None:
    whole = lowered(listed)
    found = divide(whole, LIMIT, "nonspace")
    assert said(found) == said((whole,))
    if len(found) > 1:
        assert all(size(one.document, "nonspace") <= LIMIT for one in found)
        assert divide(whole, LIMIT, "nonspace") == found
        least = -(-(size(whole.document, "nonspace") - FRAME) // (LIMIT - FRAME))
        small = all(size(Document("managed", (one,)), "nonspace") <= LIMIT // 2 for one in listed)
        assert not small or len(found) <= least + 1, "the parts of a large one each repeat much"
    elif size(whole.document, "nonspace") > LIMIT:
        fixed = [one for one in listed if one.action is None or one.resource is None]
        assert fixed, "only lists of exceptions cannot be divided"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(statements, min_size=30, max_size=40, unique_by=lambda one: (one.effect, one.resource, one.not_resource))
)
def test_a_sentence_more_moves_few(listed: list[Statement]) -> None:
    listed = [one for one in listed if size(Document("managed", (one,)), "nonspace") < 900]
    assume(len(listed) > 20)
    total = sum(size(Document("managed", (one,)), "nonspace") for one in listed)
    limit = max(total // 4, 2000)  # about a quarter of the room is free
    before, after = divide(lowered(listed[1:]), limit, "nonspace"), divide(lowered(listed), limit, "nonspace")
    assume(len(before) == len(after) > 1)
    where = [
        {one: at for at, part in enumerate(found) for one in part.document.statements} for found in (before, after)
    ]
    moved = [one for one in listed[1:] if where[0].get(one) != where[1].get(one)]
    assert len(moved) <= len(listed) // 2


def test_a_document_more_leaves_most_where_they_are() -> None:
    """Where one more is needed, it draws from all others alike."""
    listed = [Statement("Allow", action=(f"s3:Act{at:02}",), resource=(f"arn:aws:s3:::b{at:02}",)) for at in range(60)]
    room = size(Document("managed", tuple(listed[:50])), "nonspace")
    before, after = divide(lowered(listed[:45]), room // 2, "nonspace"), divide(lowered(listed), room // 2, "nonspace")
    assert (len(before), len(after)) == (2, 3)
    stayed = [
        one for old, new in zip(before, after) for one in old.document.statements if one in new.document.statements
    ]
    assert len(stayed) >= 45 // 2


PROGRAM = "account prod = 111122223333\nregion eu-west-1\nuser ops\n"


def compiled(tmp_path: Path, text: str, *more: str) -> tuple[int, dict[str, Any]]:
    (tmp_path / "p.iam").write_text(PROGRAM + text)
    status = main(["compile", str(tmp_path / "p.iam"), "-o", str(tmp_path / "out"), *more])
    if status:
        return status, {}
    manifest: dict[str, Any] = json.loads((tmp_path / "out" / "manifest.json").read_text())["documents"]
    return status, manifest


def test_a_managed_policy_in_two(tmp_path: Path, capsys: Capture) -> None:
    text = "ops can list, read everything in ec2\nops can write everything in sqs\n"
    status, found = compiled(tmp_path, text)
    assert status == 0 and set(found) == {"users/ops/policy.json", "users/ops/policy-2.json"}
    assert all(one["size"] <= one["quota"] and one["proof"] == "equal" for one in found.values())
    every = [json.loads((tmp_path / "out" / path).read_text())["Statement"] for path in found]
    assert sum(len(one["Action"]) for listed in every for one in listed) > 250
    status, found = compiled(tmp_path, text, "--minimize", "short")
    assert status == 0 and set(found) == {"users/ops/policy.json"}
    assert not (tmp_path / "out" / "users/ops/policy-2.json").exists(), "what an earlier compile wrote goes"
    status, found = compiled(tmp_path, text, "--sids")
    assert status == 0 and len(found) >= 2


def test_a_policy_that_others_use(tmp_path: Path, capsys: Capture) -> None:
    body = "can list, read everything in ec2\n can write everything in sqs\n"
    text = f"policy wide {{\n {body}}}\npolicy wide-2 {{\n can read bucket b\n}}\nops use wide, wide-2\n"
    status, found = compiled(tmp_path, text)
    assert status == 0 and set(found) == {"policies/wide.json", "policies/wide-2.json", "policies/wide-3.json"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert sorted(manifest["principals"]["users/ops"]["policies"]) == sorted(found)
    for target in ("terraform", "cloudformation"):
        assert main(["compile", str(tmp_path / "p.iam"), "--target", target, "-o", str(tmp_path / target)]) == 0


def test_what_cannot_be_divided(tmp_path: Path, capsys: Capture) -> None:
    assert compiled(tmp_path, "boundary b {\n can list, read everything in ec2\n}\nops can read bucket b\n")[0] == 1
    assert "error[IAM601]: boundary `b`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, kind, title, cure",
    [
        ("session policy s {\n can read everything in sqs\n}", "session", "session policy `s`", "say less"),
        ("endpoint policy e {\n can read everything in sqs\n}", "endpoint", "endpoint policy `e`", "wider names"),
        (
            "inline policy i for user ops {\n can read everything in sqs\n}",
            "inline-user",
            "inline policy `i`",
            "managed",
        ),
        (
            'permission set p for user-name "o" in account prod\np can read everything in sqs',
            "permission-set",
            "permission set `p`",
            "that it uses",
        ),
    ],
)
def test_each_kind_of_one_document(
    text: str, kind: str, title: str, cure: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "iamdsl.toml").write_text(f"quotas = {{{kind} = 200}}\n")
    assert compiled(tmp_path, f"ops can read bucket b\n{text}\n")[0] == 1
    err = capsys.readouterr().err
    assert "error[IAM601]" in err and title in err and "more than the 200 that AWS allows" in err
    assert any(cure in line for line in err.splitlines() if "help:" in line)


def test_inline_policies_share_a_quota(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "iamdsl.toml").write_text("quotas = {inline-user = 700}\n")
    text = "".join(
        f"inline policy {name} for user ops {{\n can read everything in {name}\n}}\n" for name in ("sqs", "sns")
    )
    assert compiled(tmp_path, text)[0] == 1
    assert "the sum of the inline policies of user `ops` has" in capsys.readouterr().err


def test_more_than_can_be_attached(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "iamdsl.toml").write_text("quotas = {attached-user = 1}\n")
    text = "ops can list, read everything in ec2\nops can write everything in sqs\nops can read bucket b\n"
    assert compiled(tmp_path, text)[0] == 1
    err = capsys.readouterr().err
    assert "error[IAM730]: the policy of user `ops`" in err and "AWS attaches 1 to one" in err
    assert "p.iam:4:1" in err and "about" in err, "the heaviest sentence is shown"
    assert "characters are left over" in err
    assert not (tmp_path / "out").exists()


def test_guardrails(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "iamdsl.toml").write_text("quotas = {scp = 3000}\n")
    text = "organization acme = o-a1b2c3d4e5\nops can read bucket b\n"
    text += "guardrail g for principals in organization acme {\n nobody can delete everything in ec2\n}\n"
    status, found = compiled(tmp_path, text)
    assert status == 0 and {"guardrails/g.scp.json", "guardrails/g-2.scp.json"} <= set(found)
    for target in ("terraform", "cloudformation"):
        assert main(["compile", str(tmp_path / "p.iam"), "--target", target, "-o", str(tmp_path / target)]) == 0


def test_guardrails_of_one_target(tmp_path: Path, capsys: Capture) -> None:
    """AWS's own, which allows everything, is one of five; where a guardrail says what is allowed, it need not be there."""
    head = "organization acme = o-a1b2c3d4e5\nops can read bucket b\n"
    one = "guardrail g{} for principals in organization acme {{\n {}\n}}\n"
    denying = [one.format(at, f"nobody can delete bucket b{at}") for at in range(5)]
    assert compiled(tmp_path, head + "".join(denying[:4]))[0] == 0
    assert compiled(tmp_path, head + "".join(denying))[0] == 1
    assert "`o-a1b2c3d4e5` has 5 SCPs, 1 more than the 4 that AWS attaches beside" in capsys.readouterr().err
    assert compiled(tmp_path, head + "".join(denying[:4]) + one.format("a", "can do s3:*"))[0] == 0
    (tmp_path / "iamdsl.toml").write_text("quotas = {attached-scp = 10}\n")
    assert compiled(tmp_path, head + "".join(denying))[0] == 0


def test_text_where_white_space_counts(tmp_path: Path, capsys: Capture) -> None:
    """What is written is sent as it is: it is laid out in lines only where that fits."""
    (tmp_path / "iamdsl.toml").write_text("quotas = {scp = 3000}\n")
    text = "organization acme = o-a1b2c3d4e5\nops can read bucket b\n"
    text += "guardrail g for principals in organization acme {\n nobody can delete everything in ec2\n}\n"
    text += "guardrail small for principals in organization acme {\n nobody can delete bucket b\n}\n"
    status, found = compiled(tmp_path, text)
    assert status == 0
    written = {path: (tmp_path / "out" / path).read_text() for path in found if path.startswith("guardrails/")}
    assert len(written) > 2 and all(len(one) <= 3000 for one in written.values())
    assert "\n  " in written["guardrails/small.scp.json"], "laid out, since it fits so"
    assert main(["compile", str(tmp_path / "p.iam"), "-o", str(tmp_path / "out"), "--check"]) == 0
    capsys.readouterr()
    assert main(["minimize", "--kind", "scp", str(tmp_path / "out" / "guardrails/small.scp.json")]) == 0
    assert capsys.readouterr().out.count("\n") > 3


@pytest.mark.parametrize("unit, lines", [("nonspace", True), ("characters", False), ("bytes", False)])
def test_layout_at_the_limit(unit: str, lines: bool) -> None:
    value = {"Statement": [{"Effect": "Deny", "Resource": "\u00e9" * 50}]}
    least = counted(value, unit)
    for limit in (least, least + 1):
        found = codec.laid_out(value, limit, unit)
        assert (found.count("\n") > 1) is lines and json.loads(found) == value
        assert lines or len(found.encode() if unit == "bytes" else found) == limit
    assert codec.laid_out(value, least + 500, unit) == codec.laid_out(value, 0, unit) == codec.text(value)


def test_sizes_beside_quotas(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.iam").write_text(PROGRAM + "role r for service ec2\nops can list, read everything in ec2\n")
    assert main(["check", "-v", str(tmp_path / "p.iam")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines][-1] == "roles/r/trust.json" and len(lines) >= 3
    assert all("of 6144 characters" in line or "of 2048 characters" in line for line in lines)
    assert "━" not in "".join(lines), "bars are for terminals"
    assert sizes([("a.json", 50, 100, "bytes"), ("bb.json", 7, 0, "characters")], True) == (
        "a.json   ━━━━━━━━━━──────────   50%  50 of 100 bytes\nbb.json  7 characters\n"
    )
