"""Policy JSON as sentences, to be pasted into a program."""

from __future__ import annotations

import json

from iamdsl import catalog
from iamdsl.compiler.bindings import Bindings
from iamdsl.decompiler import Input, Setting, declared, decompile, printed, setting_of
from iamdsl.decompiler.naming import apart, file_name
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.validation import facts, purpose


class CannotSay(Exception):
    """Why a text is no policy, or none that sentences can say."""


def sentences(text: str, bindings: Bindings | None = None) -> str:
    """The sentences that mean what the policy `text` does, for the program of `bindings`. Raises CannotSay."""
    known = catalog.default()
    try:
        document = codec.read(text, "")
    except codec.Malformed as fault:
        raise CannotSay(fault.message) from None
    target = purpose(json.loads(text), "", facts(known))
    if target.kind == "resource" and target.type is None:
        raise CannotSay("which type of resource it is on cannot be told")
    owner = {"identity": "policy", "trust": "role"}.get(target.kind, target.type.full if target.type else "")
    taken = {name for _, name in bindings.principals} | set(bindings.policies) if bindings else set()
    given = Input(target.kind, document, owner, apart(file_name("", target.kind) or "pasted", taken))
    home = bindings.home if bindings else ""
    setting = Setting(home, bindings.region, bindings.partition) if bindings and home else setting_of([given], known)
    report = Report()
    (said,) = decompile([given], setting, known, report)
    if not said.lines:
        raise CannotSay(next((one.message for one in report), "sentences cannot say it"))
    return printed([*(() if home else declared(setting)), *said.lines])
