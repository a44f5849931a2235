"""Where each document goes, and the manifest that says what came from which sentence."""

from __future__ import annotations

import os

from iamdsl.access.model import Origin, Owner
from iamdsl.compiler import Compilation
from iamdsl.compiler.attach import Attachment
from iamdsl.compiler.document import Output
from iamdsl.compiler.drift import lock
from iamdsl.compiler.holders import Holder
from iamdsl.compiler.shorten import Gap
from iamdsl.emit.paths import seen_from, segment, segments
from iamdsl.policy import codec
from iamdsl.source import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from iamdsl.diagnostics import Report
    from iamdsl.source import Source


def documents(compilation: Compilation) -> dict[str, Any]:
    """Path → JSON value of every document, A to Z."""
    return {path: codec.dump(one.lowered.document) for path, one in placed(compilation).items()}


def placed(compilation: Compilation) -> dict[str, Output]:
    """Path → output, A to Z by path."""
    named: dict[str, list[str]] = {}
    folders = [_folder(one, compilation) for one in compilation.outputs]
    for folder, one in zip(folders, compilation.outputs):
        named.setdefault(folder, []).append(one.owner.name)
    in_folder = {folder: segments(names) for folder, names in named.items()}
    inline: dict[tuple[str, str], list[str]] = {}
    for folder, one in zip(folders, compilation.outputs):
        if one.owner.inline:
            inline.setdefault((folder, one.owner.name), []).append(one.owner.inline)
    in_principal = {whose: segments(names) for whose, names in inline.items()}
    found: dict[str, Output] = {}
    for folder, one in zip(folders, compilation.outputs):
        rest = (
            f"/inline/{in_principal[folder, one.owner.name][one.owner.inline]}.json" if one.owner.inline else _file(one)
        )
        path = f"{folder}/{in_folder[folder][one.owner.name]}{rest}"
        assert path not in found, f"two documents at {path}"
        found[path] = one
    return dict(sorted(found.items()))


_FOLDERS = {
    "policy": "policies",
    "boundary": "boundaries",
    "guardrail": "guardrails",
    "session policy": "session-policies",
    "endpoint policy": "endpoint-policies",
}


def _folder(one: Output, compilation: Compilation) -> str:
    """What stands before the name."""
    kind = _FOLDERS.get(one.owner.kind) or f"{one.owner.kind}s"
    if one.kind == "resource":
        kind = f"resources/{segment(one.noun.replace(' ', '-'))}"
    return account_folder(one.owner.account, compilation) + kind


def account_folder(account: str, compilation: Compilation) -> str:
    """With several home accounts, the folder of one of them with its slash; else ""."""
    names = dict(compilation.accounts)
    if len(names) < 2 or not account:
        return ""
    return f"{segments(names.values())[names[account]] if account in names else account}/"


def _file(one: Output) -> str:
    """What follows the name."""
    part = "" if one.part == 1 else f"-{one.part}"
    if one.kind in ("scp", "rcp"):
        return f"{part}.{one.kind}.json"
    if one.owner.kind in _FOLDERS:
        return f"{part}.json"
    return "/trust.json" if one.kind == "trust" else f"/policy{part}.json"


class Places:
    """Where things stand, as a manifest in `folder` says it: relative to that folder, wherever the compiler ran."""

    def __init__(self, folder: str, sources: Mapping[str, Source]) -> None:
        self.folder = os.path.abspath(folder)
        self.sources = sources

    def path(self, path: str) -> str:
        return seen_from(self.folder, path)

    def of(self, origin: Origin) -> str:
        """`../platform.iam:12`, the line where the sentence begins."""
        return f"{self.path(origin.path)}:{self.sources[origin.path].position(origin.start)[0]}"


def manifest(
    compilation: Compilation,
    made: Iterable[str],
    names: list[str],
    report: Report,
    folder: str,
    version: str,
) -> dict[str, Any]:
    """The manifest to lie in `folder`: the program and what was read for it, each with the SHA-256 of its text, and for
    each document what it attaches to, its size, and the sentences behind each statement.

    For a target other than JSON, `documents` are the files `made`, and `holds` the documents in them.
    """
    places, outputs = Places(folder, report.sources), placed(compilation)
    target = compilation.bindings.references.target
    held = {path: _entry(one, compilation, places) for path, one in outputs.items()}
    found: dict[str, Any] = {
        "program": names,
        "sources": {places.path(path): made for path, made in sorted(_digests(compilation, report).items())},
        "compiler": version,
        "catalog": compilation.catalog,
        "documents": held,
    }
    lines = [
        (f"{places.path(span.path)}:{report.sources[span.path].position(span.start)[0]}", verb, on)
        for span, verb, on in compilation.bindings.denied
    ]
    locked = lock([one.lowered.document for one in outputs.values()], lines, compilation.bindings.catalog)
    if locked:
        found["locked"] = locked
    if target != "json":
        files = {path: {"kind": target, "attach": {}, "statements": []} for path in sorted(made)}
        found.update({"target": target, "documents": files, "holds": held})
    paths: dict[str, list[str]] = {}
    for path, one in outputs.items():
        if one.owner.kind == "policy":
            paths.setdefault(one.owner.name, []).append(path)
    if held := _holders(compilation, paths):
        found["principals"] = held
    if compilation.groups:
        found["groups"] = {name: list(members) for name, members in compilation.groups}
    return found


def _holders(compilation: Compilation, paths: Mapping[str, list[str]]) -> dict[str, Any]:
    """Folder of a principal → what it holds beside its documents, A to Z. `paths` are those of policies by name."""
    found: dict[str, Any] = {}
    for one in compilation.holders:
        found[_principal(one.kind, one.name, one.account, compilation)] = _holder(one)
    for attached in compilation.attached:
        owner = attached.owner
        held = found.setdefault(_principal(owner.kind, owner.name, owner.account, compilation), {})
        if attached.policies:
            held["policies"] = [path for name in attached.policies for path in paths[name]]
        if attached.aws:
            held["aws_policies"] = list(attached.aws)
    return dict(sorted(found.items()))


def _principal(kind: str, name: str, account: str, compilation: Compilation) -> str:
    """The folder of a principal's documents, should it have any."""
    return account_folder(account, compilation) + f"{kind}s/{segment(name)}"


def _holder(one: Holder) -> dict[str, Any]:
    """What goes with a principal beside its documents, in the words of AWS's API."""
    if one.kind == "permission-set":
        who = [("group", name) for name in one.groups] + [("user", name) for name in one.users]
        assigned = [{"account": account, kind: name} for account in one.accounts for kind, name in who]
        return {
            **({"session_duration": iso(one.session_seconds)} if one.session_seconds else {}),
            **({"boundary": one.boundary} if one.boundary else {}),
            "assignments": assigned,
        }
    return {
        **({"max_session_seconds": one.session_seconds} if one.session_seconds else {}),
        **({"boundary": one.boundary} if one.boundary else {}),
        **({"instance_profile": one.instance_profile} if one.instance_profile else {}),
        **({"path": one.path} if one.path != "/" else {}),
        **({"tags": dict(one.tags)} if one.tags else {}),
    }


def iso(seconds: int) -> str:
    """A length of time in ISO 8601: `PT1H30M`."""
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number)


def _digests(compilation: Compilation, report: Report) -> dict[str, str]:
    """The SHA-256 of all that was read, standard input too, by path."""
    read = dict(report.inputs.files)
    for path in compilation.sources:
        if path not in read:
            read[path] = digest(report.sources[path].text.encode("utf-8", "surrogatepass"))
    return read


def _entry(one: Output, compilation: Compilation, places: Places) -> dict[str, Any]:
    statements = []
    for origins in one.lowered.origins:
        entry: dict[str, Any] = {"sentences": list(dict.fromkeys([places.of(origin) for origin in origins]))}
        times: dict[str, list[str]] = {}
        for origin in origins:
            if origin.instances:
                said = ", ".join([one.text for one in origin.instances])
                times.setdefault(places.of(origin), []).append(said)
        if times:
            entry["instances"] = times
        because = sorted({origin.because for origin in origins if origin.because})
        until = sorted({origin.until for origin in origins if origin.until})
        if because:
            entry["because"] = because
        if until:
            entry["until"] = until
        statements.append(entry)
    return {
        "kind": one.lowered.document.kind,
        **({"account": one.owner.account} if one.owner.account else {}),
        "attach": _attach(one.owner, compilation.attached),
        **(_stated(one.owner.name, compilation) if one.owner.kind == "policy" else {}),
        "size": one.size,
        "quota": one.quota,
        "counted": one.unit,
        "proof": one.proof,
        **({"closed_world": True} if one.closed else {}),
        **_gap(one.gap),
        "statements": statements,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    """By how many characters a document could be shorter, as far as it is known."""
    known = {"statements": gap.statements, "actions": gap.actions}
    found = {name: most for name, most in known.items() if most is not None}
    return {"gap": found} if found else {}


def _stated(policy: str, compilation: Compilation) -> dict[str, Any]:
    """What a managed policy has beside its document."""
    found = next((one for one in compilation.stated if one.name == policy), None)
    if found is None:
        return {}
    return {
        **({"path": found.path} if found.path != "/" else {}),
        **({"tags": dict(found.tags)} if found.tags else {}),
    }


def _attach(owner: Owner, attached: Iterable[Attachment]) -> dict[str, Any]:
    """What a document belongs to: one thing by its kind, or several, in a list."""
    if owner.kind == "policy":
        users: dict[str, list[str]] = {}
        for one in attached:
            if owner.name in one.policies:
                users.setdefault(f"{one.owner.kind}s", []).append(one.owner.name)
        return users
    if owner.kind == "guardrail":
        return {"target": owner.arn}
    if owner.kind == "endpoint policy":
        return {"endpoints": owner.arn.split(",")} if owner.arn else {}
    if owner.kind in ("boundary", "session policy"):
        return {}
    if owner.inline:
        return {owner.kind: owner.name, "inline": owner.inline}
    return {"resource": owner.arn} if owner.kind == "resource" else {owner.kind: owner.name}
