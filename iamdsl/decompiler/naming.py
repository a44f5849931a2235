"""What to call the documents of files, and what they are for."""

from __future__ import annotations

import re

from iamdsl.catalog import Catalog, ResourceType
from iamdsl.compiler.arns import PATHS
from iamdsl.decompiler.document import Writer
from iamdsl.decompiler.model import Setting
from iamdsl.policy.model import Document

_PARTED = ("trust.json", "policy.json")  # what `compile` calls every document of its kind: the folder says whose it is
LONGEST = {"trust": 64}


def file_name(path: str, kind: str) -> str:
    """A name for the document at `path`: of characters that all kinds of names have, "" for none."""
    *folders, file = path.replace("\\", "/").split("/")
    stem = folders[-1] if file in _PARTED and folders else re.sub(r"(\.(scp|rcp))?\.[A-Za-z]+$", "", file)
    kept = re.sub(r"[^A-Za-z0-9+=,.@_-]+", "-", stem).strip("-")
    return kept[: LONGEST.get(kind, 128)]


def apart(name: str, taken: set[str]) -> str:
    """`name`, numbered from 2 where it is taken; adds it to `taken`."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[:120]}-{number}"
    taken.add(found)
    return found


def resource_name(document: Document, type: ResourceType, otherwise: str, setting: Setting, catalog: Catalog) -> str:
    """The name of the resource of `type` whose policy `document` is: what most of its ARNs are about, else made of
    `otherwise`."""
    targets = Writer(setting, catalog).coverer(False).targets
    noun, counts = targets.noun(type), dict[str, int]()
    for statement in document.statements:
        for arn in statement.resource or ():
            for named in targets.of(arn):
                name = named.name.partition("/")[0] if type.full in PATHS else named.name
                if named.noun == noun and not named.any_account and not named.any_region and _plain(name):
                    counts[name] = counts.get(name, 0) + 1
                    break
    if counts:
        return min(counts, key=lambda name: (-counts[name], name))
    return "/".join([*["*"] * (len(type.variables()) - 1), otherwise])


def _plain(name: str) -> bool:
    return {"*", "?", "$"}.isdisjoint(name)
