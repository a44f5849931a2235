"""Links: to the files that are imported, and to AWS's pages on actions, keys and policies."""

from __future__ import annotations

import os
from urllib.parse import quote

from iamdsl import catalog, read
from iamdsl.editor.mentions import ACTION, KEY, mentions
from iamdsl.editor.program import Program
from iamdsl.record import record
from iamdsl.source import Span

_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_{}.html"
_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-{}"
_POLICY = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/{}.html"


@record
class Link:
    """`target` is a URL, or the path of a file."""

    span: Span
    target: str
    about: str


def page(service: str) -> str:
    """AWS's page on the actions, types and keys of a service; "" where it is not known."""
    slug = catalog.default().page(service)
    return _REFERENCE.format(slug) if slug else ""


def links(program: Program, path: str) -> list[Link]:
    """The links of a file."""
    file = program.file(path)
    found: list[Link] = []
    for piece in file.pieces if file else ():
        for one in mentions(piece, program.library):
            target, about = _target(one.kind, one.text, path, program)
            if target:
                found.append(Link(program.place(one.span), target, about))
    return found


def _target(kind: str, text: str, path: str, program: Program) -> tuple[str, str]:
    service, _, name = text.partition(":")
    if kind == "file":
        target = read.joined(os.path.dirname(path), text)
        return (target, "open the file") if os.path.isfile(target) else ("", "")
    if kind == ACTION and program.catalog.service(service):
        return page(service), f"AWS: actions of {service}"
    if kind == KEY and service.lower() == "aws":
        return _KEYS.format(quote(name.partition("/")[0].lower())), "AWS: the key"
    if kind == KEY and program.catalog.service(service):
        return page(service), f"AWS: condition keys of {service}"
    if kind == "aws policy" and program.catalog.managed_policy(text):
        return _POLICY.format(quote(text.rpartition("/")[2])), "AWS: the policy"
    return "", ""
