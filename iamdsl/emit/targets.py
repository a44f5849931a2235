"""A program in the form of the tool that makes it so: JSON documents, Terraform, CloudFormation."""

from __future__ import annotations

from iamdsl.compiler import Compilation
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.policy import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def files(made: Compilation, report: Report) -> dict[str, Any]:
    """Path → JSON value of each file, A to Z; findings for what the target cannot say, naming the sentences."""
    references = made.bindings.references
    target = references.target
    if target != "json":
        references.settle(made.outputs, report)
    if target == "terraform":
        from iamdsl.emit.terraform import terraform  # local: what another target needs

        return dict(sorted(terraform(made, report).items()))
    if target == "cloudformation":
        from iamdsl.emit.cloudformation import cloudformation  # local: as above

        return dict(sorted(cloudformation(made, report).items()))
    return tree.documents(made)


def texts(made: Compilation, values: Mapping[str, Any]) -> dict[str, str]:
    """Path → text of each file of `values`, what `files` found for `made`."""
    outputs = tree.placed(made) if made.bindings.references.target == "json" else {}
    found: dict[str, str] = {}
    for path, value in values.items():
        one = outputs.get(path)
        found[path] = codec.laid_out(value, one.quota, one.unit) if one else codec.text(value)
    return found
