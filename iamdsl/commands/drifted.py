"""What AWS has changed since a manifest was written: for `catalog drift` and `compile --check`."""

from __future__ import annotations

import os
from json import loads

from iamdsl import catalog, rules
from iamdsl.compiler.drift import Drift, drift
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHOWN = 6  # actions that a finding names


def drifted(path: str, report: Report) -> tuple[Drift, ...] | None:
    """What has changed since the manifest at `path` was written; None, and a finding, where it is none of ours."""
    try:
        with open(path, encoding="utf-8") as file:
            manifest: Any = loads(file.read())
        documents = _documents(manifest, os.path.dirname(path))
        return drift(manifest.get("locked", {}), documents, catalog.default())
    except OSError as fault:
        report.add(rules.UNREADABLE, None, path=path, why=(fault.strerror or str(fault)).lower())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "name the `manifest.json` that `iamdsl compile -o` wrote, or its folder"
        report.add(rules.BAD_MANIFEST, None, help=help, path=path.replace(os.sep, "/"))
    return None


def _documents(manifest: Any, folder: str) -> list[Document]:
    """The documents of the manifest that are there as JSON: those of other targets hold no more than their wildcards."""
    found: list[Document] = []
    for path, entry in manifest["documents"].items():
        if "target" in manifest or not isinstance(entry, dict):
            continue
        try:
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                found.append(codec.read(file.read(), str(entry.get("kind", ""))))
        except (OSError, codec.Malformed):
            continue  # `--check` says so
    return found


def tell(found: tuple[Drift, ...], path: str, report: Report) -> None:
    """A finding for each change."""
    for one in found:
        names = ", ".join(one.actions[:SHOWN])
        more = f" and {len(one.actions) - SHOWN} more" if len(one.actions) > SHOWN else ""
        if one.kind == "removed":
            help = "compile again; what a sentence names is then an error with a suggestion"
            report.add(rules.ACTION_REMOVED, None, help=help, path=path, text=one.text, actions=names + more)
            continue
        rule = rules.DENY_DRIFT if one.kind == "level" else rules.WILDCARD_DRIFT
        help = "compile again: wildcards of `--minimize` are chosen anew; in place of your own, name the actions"
        if one.kind == "level":
            help = "compile again, so that it denies these too"
        report.add(
            rule, None, help=help, path=path, text=one.text, level=one.level, sentence=one.place, actions=names + more
        )
