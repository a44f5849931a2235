"""What the verbs of the library mean, against what was reviewed.

`cases/verbs/reviewed.tsv` holds the actions of every verb on the types that the language is made for, checked by hand
against the documentation named in each row: it is changed by hand, with the library. `cases/verbs/tasks.tsv` holds what
AWS itself says that a task asks for (its managed policies, its guides), and the verbs that do it: they mean exactly that,
but for what the row leaves out and adds.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from iamdsl.catalog import ResourceType, default
from iamdsl.compiler import compile_program
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.definition import Meant, definition
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Diagnostic, Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source

CASES = Path(__file__).parent / "cases" / "verbs"
CATALOG = default()
LIBRARY = Library(Bindings(CATALOG, {}), Report())
EVERY = [(service, verb, noun) for service in LIBRARY.services() for verb, noun, _ in LIBRARY.shipped(service)]

# What lists and reads without AWS calling it so, and what writes permissions: each with its reason.
EXCUSED = {
    ("read", "appconfig configuration", "appconfig:StartConfigurationSession"): "polling begins with a session",
    ("read", "directory bucket", "s3express:CreateSession"): "the session is limited to reading",
    ("list", "kafka-cluster topic", "kafka-cluster:Connect"): "every client connects first",
    ("read", "kafka-cluster topic", "kafka-cluster:Connect"): "every client connects first",
    ("write", "policy", "iam:CreatePolicy"): "the data of a policy is permissions",
    ("write", "policy", "iam:CreatePolicyVersion"): "the data of a policy is permissions",
    ("write", "policy", "iam:DeletePolicyVersion"): "the data of a policy is permissions",
    ("write", "policy", "iam:SetDefaultPolicyVersion"): "the data of a policy is permissions",
    ("delete", "policy", "iam:DeletePolicy"): "the data of a policy is permissions",
    ("delete", "policy", "iam:DeletePolicyVersion"): "the data of a policy is permissions",
    ("create", "queue", "sqs:SetQueueAttributes"): "one call sets all attributes, the policy among them",
    ("configure", "queue", "sqs:SetQueueAttributes"): "one call sets all attributes, the policy among them",
    ("create", "topic", "sns:SetTopicAttributes"): "one call sets all attributes, the policy among them",
}
WIDE = ("IAM977", "IAM978", "IAM979", "IAM980")  # what a grant on any resource of a type may be warned of
READING = ("list", "read", "inspect", "browse")
WRITING = ("write", "delete", "create", "configure", "use", "put", "upload", "scale", "tag")


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (CASES / name).read_text(encoding="utf-8").splitlines()[1:]]


def type_of(noun: str) -> ResourceType:
    found = CATALOG.noun(noun.split())
    assert found and found[1] == len(noun.split()), noun
    return found[0]


def said(one: Meant, own: str) -> str:
    """An action of a verb in a row: `s3:GetObject@object`, and `kms:Decrypt@key/s3` for the key through S3."""
    on = {"its key": f"@key/{one.through}", "its role": f"@role/{one.through}", own: ""}.get(one.on, f"@{one.on}")
    return one.action.full + on.replace(" ", "-") + ("?" if one.limited else "")


def meant(verb: str, noun: str) -> list[str]:
    type = type_of(noun)
    return sorted({said(one, type.name) for one in definition(verb, type, LIBRARY)})


@pytest.mark.parametrize("row", rows("reviewed.tsv"), ids=lambda row: f"{row[1]} {row[0]}")
def test_a_verb_means_what_was_reviewed(row: list[str]) -> None:
    noun, verb, actions, source = row
    assert source
    if verb == "administer" or "*" in actions:
        assert actions.split() == patterns(noun, verb)
    else:
        assert meant(verb, noun) == actions.split()


def patterns(noun: str, verb: str) -> list[str]:
    """The lines of a verb that is patterns: `s3:*`, `s3:*@object`."""
    found = LIBRARY.find(verb, type_of(noun))
    lines = [(line, [group.words[0].text for group in line.groups]) for line in getattr(found, "lines", ())]
    texts = [(word, " ".join(one.text for one in line.target)) for line, words in lines for word in words]
    own = (noun, type_of(noun).name, noun.partition(" ")[2])
    return [word if not on or on in own else f"{word}@{on.replace(' ', '-')}" for word, on in texts]


def test_all_verbs_of_a_reviewed_type_are_reviewed() -> None:
    reviewed = {(row[1], row[0]) for row in rows("reviewed.tsv")}
    nouns = {noun for _verb, noun in reviewed}
    assert {(verb, noun) for _service, verb, noun in EVERY if noun in nouns} == reviewed
    assert len(reviewed) >= 400


@pytest.mark.parametrize("row", rows("tasks.tsv"), ids=lambda row: row[0])
def test_a_task_is_done_by_these_verbs(row: list[str]) -> None:
    task, sentences, asked, left, added, source = row
    ours = set()
    for sentence in sentences.split("; "):
        verb, _, noun = sentence.partition(" ")
        ours |= {one.action.full for one in definition(verb, type_of(noun), LIBRARY) if one.on != "its role"}
    ours = {name for name in ours if not name.startswith("kms:") or "kms:" in asked}
    wanted = set(asked.split())
    assert all(CATALOG.action(name) for name in (*wanted, *left.split(), *added.split())), task
    assert set(left.split()) <= wanted and source
    assert ours == wanted - set(left.split()) | set(added.split())


@pytest.mark.parametrize("service", LIBRARY.services())
def test_every_verb_compiles_without_a_finding(service: str) -> None:
    """On any resource of its type and on a named one; what it means is then in the document.

    A `cannot` keeps to the thing that it names and what lies below it: a verb which means nothing there has none.
    """
    verbs = [(verb, noun, definition(verb, type_of(noun), LIBRARY)) for one, verb, noun in EVERY if one == service]
    lines = ["account prod = 111122223333", "region eu-west-1", "role worker for account prod"]
    wanted: dict[str, set[str]] = {}
    for place, (verb, noun, means) in enumerate(verbs):
        role = " as role worker" if any(one.on == "its role" for one in means) else ""
        allowed = {one.action.full for one in means if one.on != "its key"}
        denied = {one.action.full for one in means if one.on == type_of(noun).name}
        for name, says, thing, actions in (
            (f"a{place}", "can", f"any {noun}", allowed),
            (f"n{place}", "can", named(noun), allowed),
            (f"d{place}", "cannot", named(noun), denied),
        ):
            if actions:
                lines += [f"user {name}", f"{name} {says} {verb} {thing}" + (role if says == "can" else "")]
                wanted[name] = actions
    report = Report()
    compiled = compile_program((Source(f"{service}.iam", "\n".join(lines) + "\n"),), CATALOG, {}, report)
    wide = [one for one in report if one.rule.code in WIDE and opens(lines[line_of(one, report) - 1])]
    assert len(wide) == len(report), render(report, "text")
    documents = tree.documents(compiled)
    for name, actions in wanted.items():
        found = granted(documents[f"users/{name}/policy.json"])
        assert actions <= found, name
        verb, noun, _ = verbs[int(name[1:])]
        if name.startswith("d") and not any("*" in text for text in patterns(noun, verb)):
            assert found <= wanted[name.replace("d", "n")], name


def opens(sentence: str) -> bool:
    """Whether it is about any resource of a type, by its words or because AWS limits the verb to none."""
    _user, _can, verb, *thing = sentence.split()
    return thing[0] == "any" or any(
        one.on == "everything" for one in definition(verb, type_of(" ".join(thing[:-1])), LIBRARY)
    )


def line_of(found: Diagnostic, report: Report) -> int:
    """The line of the program that a finding is about."""
    span = found.labels[0].span
    return report.sources[span.path].text[: span.start].count("\n") + 1


def test_every_verb_that_takes_a_key_reaches_it_through_its_service_only() -> None:
    lines = ["account prod = 111122223333", "region eu-west-1", "role worker for account prod"]
    lines += ["key lock = 1234abcd-12ab-34cd-56ef-1234567890ab"]
    wanted: dict[str, tuple[str, set[str]]] = {}
    declared: set[str] = set()
    for _service, verb, noun in EVERY:
        means = definition(verb, type_of(noun), LIBRARY)
        keyed = {one.action.full for one in means if one.on == "its key"}
        if keyed and named(noun) != f"any {noun}":
            lines += [f"{named(noun)} encrypted with key lock"] if noun not in declared else []
            declared.add(noun)
            user, role = f"u{len(wanted)}", " as role worker" if any(one.on == "its role" for one in means) else ""
            lines += [f"user {user}", f"{user} can {verb} {named(noun)}{role}"]
            wanted[user] = (f"{verb} {noun}", keyed)
    report = Report()
    documents = tree.documents(compile_program((Source("keys.iam", "\n".join(lines) + "\n"),), CATALOG, {}, report))
    assert not len(report), render(report, "text")
    assert len(wanted) >= 60
    for user, (sentence, keyed) in wanted.items():
        policy = documents[f"users/{user}/policy.json"]
        keys = [one for one in policy["Statement"] if "kms:" in str(one["Action"])]
        assert granted({"Statement": keys}) == keyed, sentence
        for one in keys:
            assert one["Resource"] == "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            assert list(one["Condition"]["StringEquals"]) == ["kms:ViaService"], sentence


def named(noun: str) -> str:
    """A resource of the type by a name that it could have."""
    type = type_of(noun)
    parts = [f"x{one}" for one in type.variables() if one not in CATALOG.arn_quirk(type).random]
    return f"{noun} {'/'.join(parts)}" if parts else f"any {noun}"


def granted(document: dict[str, Any]) -> set[str]:
    """The actions that its statements name, patterns taken apart."""
    found: set[str] = set()
    for one in document["Statement"]:
        for name in [one["Action"]] if isinstance(one["Action"], str) else one["Action"]:
            found |= {action.full for action in CATALOG.matching(name)}
    return found


@pytest.mark.parametrize("service", LIBRARY.services())
def test_reading_reads_and_writing_gives_no_permissions(service: str) -> None:
    for one, verb, noun in EVERY:
        if one != service:
            continue
        for each in definition(verb, type_of(noun), LIBRARY):
            level = each.action.level
            if each.on in ("its key", "its role") or (verb, noun, each.action.full) in EXCUSED:
                continue
            assert verb not in READING or level in ("List", "Read"), f"{verb} {noun}: {each.action.full}"
            assert verb not in WRITING or level != "Permissions management", f"{verb} {noun}: {each.action.full}"
            assert verb != "tag" or level == "Tagging", f"{verb} {noun}: {each.action.full}"


def test_what_is_excused_is_there() -> None:
    for verb, noun, action in EXCUSED:
        assert action in {one.action.full for one in definition(verb, type_of(noun), LIBRARY)}


def test_the_reference_is_current() -> None:
    """`docs/verbs.md` is what the library says; IAMDSL_UPDATE=1 writes it, as `python docs/make_verbs.py` does."""
    script = Path(__file__).parent.parent / "docs" / "make_verbs.py"
    made = runpy.run_path(str(script))["page"]()
    page = script.with_name("verbs.md")
    if os.environ.get("IAMDSL_UPDATE"):
        page.write_text(made, encoding="utf-8", newline="\n")
    assert page.read_text(encoding="utf-8") == made


def test_what_is_said_to_be_the_same_is() -> None:
    """`Put images: the same as `push`.` means just what `push` does."""
    for service in LIBRARY.services():
        for verb, noun, comment in LIBRARY.shipped(service):
            if ": the same as `" in comment:
                other = comment.partition(": the same as `")[2].partition("`")[0]
                assert meant(verb, noun) == meant(other, noun), f"{verb} {noun}"
