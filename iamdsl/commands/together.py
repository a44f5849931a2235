"""The documents that `validate` is given, as whose they are: what principals come to by all of them together."""

from __future__ import annotations

import re

from iamdsl import catalog
from iamdsl.commands.estate import tree
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.estate import Beside, Estate, Held
from iamdsl.compiler.ways import ways
from iamdsl.diagnostics import Label, Report
from iamdsl.policy.model import Document
from iamdsl.validation import Facts, Kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDERS = {"users": "user", "groups": "group", "roles": "role", "permission-sets": "permission-set"}
_NAMED = {"boundaries": ("boundary", "boundary"), "policies": ("identity", "policy")}
_ENDS = re.compile(r"[-._]?(assume[-_]?role|trust|permissions?|inline|managed)?[-._]?(policy|document)?(-\d+)?$", re.I)


def together(kept: dict[str, Kept], manifests: Iterable[str], facts: Facts, report: Report) -> None:
    """Report the ways that principals have to more than their documents say. `kept`: what was validated, by its path."""
    groups: dict[str, tuple[str, ...]] = {}
    beside: list[Beside] = []
    held: list[Held] = []
    for path in manifests:
        held += tree(path, groups, beside, Report())  # what is wrong with a document is said already
    entered = {one.path for one in held}
    loose = {path: one for path, one in kept.items() if path not in entered}
    stems = {_stem(path): path for path, one in loose.items() if one.target.kind == "trust"}
    held += [_loose(path, one, stems) for path, one in loose.items()]
    estate = Estate(tuple(held), tuple(beside), tuple(sorted(groups.items())), Bindings(catalog.default(), {}))
    for one in ways(estate, {path: each.paper for path, each in kept.items()}, facts):
        places = [(each.node, each.paper.path) for each in one.given if each.paper.path in kept]
        labels = [Label(node.span(path), "with this" if number else "") for number, (node, path) in enumerate(places)]
        what = "is said" if one.who else "this policy says"
        report.add(one.rule, dict.fromkeys(labels), one.help, (), places[0][0].pointer, what=what, path=one.path)


def _loose(path: str, one: Kept, stems: dict[tuple[str, str], str]) -> Held:
    """A document that no manifest has, as its place tells whose it is: in `roles/NAME/`, or beside a trust policy."""
    kind, folders = one.target.kind, path.split("/")
    document = Document(kind, ())
    for folder, name in zip(folders[:-2], folders[1:-1]):
        if folder in _FOLDERS:
            return Held(path, kind, document, ((_FOLDERS[folder], name),))
    if len(folders) > 1 and folders[-2] in _NAMED:
        layer, owner = _NAMED[folders[-2]]
        return Held(path, layer, document, ((owner, folders[-1].removesuffix(".json")),))
    if kind in ("trust", "identity"):
        folder, name = _stem(path)
        if kind == "trust" or (folder, name) in stems:
            return Held(path, kind, document, (("role", name),))
    return Held(path, kind, document)


def _stem(path: str) -> tuple[str, str]:
    """The folder and the name that files of one role share: `admin` of `admin.trust.json` and `admin-policy.json`, the folder's
    of `admin/trust.json`."""
    folder, _, name = path.rpartition("/")
    stem = _ENDS.sub("", name.removesuffix(".json"))
    return (folder, stem) if stem else (folder, folder.rpartition("/")[2])
