"""`iamdsl explain CODE`: the page of a rule."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import rules

PAGES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "explain")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", help="a code or name, such as IAM301 or unknown-action")


def run(options: argparse.Namespace) -> int:
    wanted = options.code.lower()
    rule = next((one for one in rules.RULES.values() if wanted in (one.code.lower(), one.slug)), None)
    if rule is None:
        from difflib import get_close_matches  # local: only where something is wrong

        close = get_close_matches(
            wanted, [name for one in rules.RULES.values() for name in (one.code.lower(), one.slug)], 1
        )
        hint = f": did you mean `{close[0].upper() if close[0].startswith('iam') else close[0]}`?" if close else ""
        print(f"error: no rule `{options.code}`{hint}", file=sys.stderr)
        return 2
    with open(os.path.join(PAGES, f"{rule.code}.md"), encoding="utf-8") as file:
        sys.stdout.write(file.read())
    return 0
