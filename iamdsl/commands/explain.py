"""`iamdsl explain`: the page of a rule, or the sentences behind a document."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl.commands import options as shared
from iamdsl.rulebook import NAMED

PAGES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "explain")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subject",
        metavar="CODE|OUTPUT.json",
        help="a rule by code or name, such as IAM301 or unknown-action; or a document that `compile` wrote",
    )
    shared.findings(parser)


def run(options: argparse.Namespace) -> int:
    wanted = options.subject
    if wanted.endswith(".json") or os.path.exists(wanted):
        from iamdsl.commands import origin  # local: most ask for a page

        return origin.explain(options)
    name = wanted.lower().replace("_", "-")  # AWS's issue codes are our names in capitals
    rule = NAMED.get(name) or NAMED.get(name.upper())
    if rule is None:
        from difflib import get_close_matches  # local: only where something is wrong

        close = get_close_matches(wanted.upper(), NAMED, 1) or get_close_matches(wanted.lower(), NAMED, 1)
        hint = f": did you mean `{close[0]}`?" if close else ", and no such file"
        print(f"error: no rule `{wanted}`{hint}", file=sys.stderr)
        return 2
    with open(os.path.join(PAGES, f"{rule.code}.md"), encoding="utf-8") as file:
        sys.stdout.write(file.read())
    return 0
