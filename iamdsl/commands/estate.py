"""The documents that a question is about: of programs, of folders that `compile` wrote, and anybody's policy JSON."""

from __future__ import annotations

import argparse
import os

from iamdsl import catalog, read, rules, target_rules
from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.estate import LAYERS, Beside, Estate, Held, beside_of, of_outputs
from iamdsl.diagnostics import Report
from iamdsl.emit.paths import MANIFEST
from iamdsl.emit.tree import placed
from iamdsl.policy import codec
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# folders of what is attached by name, which a manifest leaves open: the layer, and what kind of thing is so called
_UNATTACHED = {
    "policies": ("identity", "policy"),
    "boundaries": ("boundary", "boundary"),
    "session-policies": ("session", "session policy"),
}


def load(
    names: list[str], options: argparse.Namespace, report: Report, texts: tuple[Source, ...] = ()
) -> Estate | None:
    """What `names` and `texts` hold: programs (all `.iam` together are one), folders of `compile`, policy JSON, `-`.

    None, with findings or a message, where something cannot be read or a program does not compile.
    """
    settings = shared.given(options.set)
    if settings is None:
        return None
    given, manifests = _files(names or ([] if texts else ["."]))
    sources = (*texts, *(read.sources(given, options.stdin_filename, report) if given else ()))
    report.sources.update({source.path: source for source in sources})
    programs = tuple(source for source in sources if not _is_json(source))
    held = [one for source in sources if _is_json(source) for one in _loose(source, report)]
    groups: dict[str, tuple[str, ...]] = {}
    beside: list[Beside] = []
    for path in manifests:
        held += tree(path, groups, beside, report)
    if report.failed:
        return None
    bindings = Bindings(catalog.default(), {})
    if programs:
        compilation = program.made(programs, settings, options, report)
        if report.failed:
            return None
        bindings = compilation.bindings
        held += of_outputs(placed(compilation).items(), compilation.attached, report.sources)
        beside += beside_of(compilation.holders, compilation.attached)
        groups.update(compilation.groups)
    return Estate(tuple(held), tuple(beside), tuple(sorted(groups.items())), bindings)


def _files(names: list[str]) -> tuple[list[str], list[str]]:
    """The files and folders to read, and the manifests. A folder without programs stands for the JSON in it."""
    found: list[str] = []
    manifests: list[str] = []
    for name in names:
        if os.path.isdir(name):
            inside = [os.path.join(root, one) for root, _, files in sorted(os.walk(name)) for one in sorted(files)]
            if os.path.isfile(os.path.join(name, MANIFEST)):
                manifests.append(os.path.join(name, MANIFEST))
            elif any([path.endswith(read.SUFFIX) for path in inside]):
                found.append(name)
            else:
                found += [path for path in inside if path.endswith(".json")] or [name]
        elif os.path.basename(name) == MANIFEST:
            manifests.append(name)
        else:
            found.append(name)
    return found, manifests


def _is_json(source: Source) -> bool:
    return source.path.endswith(".json") or source.text.lstrip().startswith("{")


def document(source: Source, report: Report) -> Document | None:
    """The document that `source` holds; None, and a finding, if it is none."""
    try:
        return codec.read(source.text, "")
    except codec.Malformed as fault:
        at = fault.offset or 0
        help = f"at `{fault.pointer}`" if fault.pointer else ""
        report.add(
            rules.MALFORMED_POLICY, Span(source.path, at, at + 1), help=help, path=source.path, why=fault.message
        )
        return None


def _loose(source: Source, report: Report) -> list[Held]:
    found = document(source, report)
    if found is None:
        return []
    kind = layer(source.path, found)
    return [Held(source.path, kind, replace(found, kind=kind))]


def layer(path: str, document: Document) -> str:
    """What a document without a manifest is taken for: by its file's name and folder, else by its elements."""
    folder, name = os.path.split(path.lower())
    for layer in ("scp", "rcp"):
        if name.endswith(f".{layer}.json"):
            return layer
    layers = [_UNATTACHED[part][0] for part in folder.split("/") if part in _UNATTACHED]
    if layers:
        return layers[0]
    every = document.statements
    if all([one.principal is None and one.not_principal is None for one in every]):
        return "identity"
    targets = [one for one in every if one.resource is not None or one.not_resource is not None]
    signs = [action for one in every for action in one.action or one.not_action or ()]
    return "trust" if not targets and all([action.lower().startswith("sts:") for action in signs]) else "resource"


def tree(path: str, groups: dict[str, tuple[str, ...]], beside: list[Beside], report: Report) -> list[Held]:
    """The documents of the folder whose manifest is at `path`; what it says of groups and principals is added to those."""
    from json import loads  # local: programs have none
    from urllib.parse import unquote  # local: as above

    folder = os.path.dirname(path)
    found: list[Held] = []
    sources = read.sources([path], "", report)
    try:
        manifest = loads(sources[0].text) if sources else {"documents": {}}
        entries = sorted(manifest["documents"].items())
        if target := manifest.get("target"):
            help = "ask of the program, or of what it compiles to without `--target`"
            report.add(target_rules.TARGET_OUTPUT, None, help=help, path=folder or ".", target=target)
            return []
        groups.update({name: tuple(map(str, members)) for name, members in manifest.get("groups", {}).items()})
        for place, one in manifest.get("principals", {}).items():
            *_, kinds, name = unquote(place).split("/")
            aws = tuple(map(str, one.get("aws_policies", ())))
            beside.append(Beside((kinds[:-1], name), str(one.get("boundary", "")), aws, str(one.get("path", "/"))))
        for name, entry in entries:
            read_here = read.sources([os.path.join(folder, name)], "", report)
            written = document(read_here[0], report) if read_here else None
            if written is not None:
                found.append(_entered(read_here[0].path, name, folder, entry, written))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "name the folder that `iamdsl compile -o` wrote, or the policies themselves"
        report.add(rules.BAD_MANIFEST, None, help=help, path=path.replace(os.sep, "/"))
    return found


def _entered(path: str, name: str, folder: str, entry: Any, document: Document) -> Held:
    """The document that the manifest has as `entry` under `name`."""
    said, attach = str(entry["kind"]), dict(entry["attach"])
    layer = said if said in LAYERS else "resource" if "resource" in attach else "identity"
    targets = [one for kind in ("resource", "target", "endpoints") for one in _each(attach.pop(kind, ()))]
    attach.pop("inline", None)
    # one thing by its kind, or several by its plural
    owners = [
        (kind if isinstance(names, str) else kind[:-1], one) for kind, names in attach.items() for one in _each(names)
    ]
    around, base = os.path.basename(os.path.dirname(name)), os.path.basename(name)
    if around in _UNATTACHED:
        from urllib.parse import unquote  # local: as above

        layer, kind = _UNATTACHED[around]
        owners.append((kind, unquote(base.removesuffix(".json"))))
    sentences = [tuple([_moved(one, folder) for one in each["sentences"]]) for each in entry["statements"]]
    document = replace(document, kind=layer)
    account = str(entry.get("account", ""))
    return Held(path, layer, document, tuple(owners), account, tuple(sentences), tuple(targets))


def _each(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _moved(place: str, folder: str) -> str:
    """A place of a manifest, seen from here."""
    return place if place.startswith("-:") else os.path.normpath(os.path.join(folder, place)).replace(os.sep, "/")
