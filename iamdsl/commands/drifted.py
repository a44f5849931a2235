"""What AWS has changed since a manifest was written: for `catalog drift` and `compile --check`."""

from __future__ import annotations

import os
from json import loads

from iamdsl import catalog, rules
from iamdsl.compiler.drift import Drift, drift
from iamdsl.diagnostics import Report
from iamdsl.emit.paths import MANIFEST, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SHOWN = 6  # actions that a finding names


def drifted(path: str, report: Report) -> dict[str, tuple[Drift, ...]]:
    """What has changed since the manifest at `path` was written, or, if it is of several programs, since theirs were, by the
    manifest's path; a finding where there is none of ours."""
    try:
        with open(path, encoding="utf-8") as file:
            manifest: Any = loads(file.read())
        if "programs" in manifest:
            found: dict[str, tuple[Drift, ...]] = {}
            for place in sorted(manifest["programs"]):
                found.update(drifted(os.path.join(place_of(os.path.dirname(path), place), MANIFEST), report))
            return found
        if not isinstance(manifest["documents"], dict):
            raise TypeError
        known = catalog.default()
        if manifest["catalog"] > known.version:
            help = "update iamdsl: what AWS has changed since can be told from newer actions alone"
            shown = path.replace(os.sep, "/")
            report.add(
                rules.OLDER_CATALOG, None, help=help, path=shown, written=manifest["catalog"], here=known.version
            )
            return {path: ()}
        return {path: drift(manifest.get("locked", {}), known)}
    except OSError as fault:
        report.add(rules.UNREADABLE, None, path=path, why=(fault.strerror or str(fault)).lower())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "name the `manifest.json` that `iamdsl compile -o` wrote, or its folder"
        report.add(rules.BAD_MANIFEST, None, help=help, path=path.replace(os.sep, "/"))
    return {}


def tell(found: Mapping[str, tuple[Drift, ...]], report: Report) -> None:
    """A finding for each change, by the path of the manifest."""
    for path, one in [(path, one) for path, changed in found.items() for one in changed]:
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
