"""Files that say what exists: states of Terraform, outputs of CloudFormation, lists of ARNs.

Nothing but names and ARNs is taken from them: a state holds secrets.
"""

from __future__ import annotations

import csv
import json
import re

from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\w*:[^\s*?$]+")
_NAMED = ("name", "bucket", "id", "function_name", "key_id", "repository", "domain_name", "identifier")


@record
class Entry:
    """A thing that exists: its ARN, what it is called beside its name in AWS, and how a reader finds it in the file.

    `address` is that of Terraform, `export` the name of an export of CloudFormation, "" if there is none.
    """

    arn: str
    names: tuple[str, ...]
    shown: str
    address: str = ""
    export: str = ""


class NoInventory(Exception):
    """The file is none of those that are understood."""


def existing(text: str) -> tuple[Entry, ...]:
    """What a file lists. Raises NoInventory."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    try:
        found = list(_of_json(json.loads(text))) if start in ("{", "[") else list(_of_csv(text))
    except (ValueError, RecursionError) as fault:
        raise NoInventory(f"not JSON: {str(fault).split(':')[0].lower()}") from None
    except (KeyError, TypeError, AttributeError, csv.Error):
        raise NoInventory("it has not the shape that it begins with") from None
    if not found:
        raise NoInventory("it holds no ARN")
    return tuple(dict.fromkeys(found))


def _of_json(value: Any) -> Iterator[Entry]:
    if isinstance(value, list):
        yield from _of_list(value)
    elif "terraform_version" in value and "resources" in value:
        yield from _of_state(value)
    elif "format_version" in value:
        shown = value.get("values") or value.get("prior_state", {}).get("values", {})
        yield from _of_module(shown.get("root_module", {}))
        yield from _of_outputs({name: one.get("value") for name, one in shown.get("outputs", {}).items()})
    elif "Stacks" in value:
        yield from _of_stacks(value["Stacks"])
    elif "Exports" in value:
        for one in value["Exports"]:
            yield from _entry(
                one["Value"], (one["Name"], _plain(one["Name"])), f"export {one['Name']}", "", one["Name"]
            )
    elif "ResourceTagMappingList" in value:
        yield from _of_list(value["ResourceTagMappingList"])
    elif "modules" in value and "version" in value:
        raise NoInventory("a state of Terraform before 0.12: `terraform show -json` of a newer one is understood")
    else:
        for name, arn in value.items():
            yield from _entry(arn, (name,), name)


def _entry(arn: Any, names: Iterable[Any], shown: str, address: str = "", export: str = "") -> Iterator[Entry]:
    """An entry, if `arn` is the ARN of one thing."""
    text = arn.removesuffix(":*") if isinstance(arn, str) else ""
    if _ARN.fullmatch(text):
        known = tuple(dict.fromkeys([one for one in names if isinstance(one, str) and one]))
        yield Entry(text, known, shown, address, export)


def _plain(name: str) -> str:
    """`datasets` of `datasets_arn`, `DatasetsArn`, `stack:DatasetsArn`."""
    return re.sub(r"[_-]?(?i:arn)$", "", name.rpartition(":")[2])


# ---- Terraform: "State" and "JSON Output Format"


def _of_state(state: dict[str, Any]) -> Iterator[Entry]:
    for one in state["resources"]:
        module = f"{one['module']}." if one.get("module") else ""
        kind = f"data.{one['type']}" if one.get("mode") == "data" else one["type"]
        for instance in one.get("instances", ()):
            index = instance.get("index_key")
            address = f"{module}{kind}.{one['name']}{'' if index is None else f'[{json.dumps(index)}]'}"
            yield from _of_resource(one["type"], one["name"], index, address, instance.get("attributes") or {})
    yield from _of_outputs({name: one.get("value") for name, one in state.get("outputs", {}).items()})


def _of_module(module: dict[str, Any]) -> Iterator[Entry]:
    todo = [module]
    while todo:
        found = todo.pop(0)
        for one in found.get("resources", ()):
            yield from _of_resource(one["type"], one["name"], one.get("index"), one["address"], one.get("values") or {})
        todo += found.get("child_modules", ())


def _of_resource(type: str, name: str, index: Any, address: str, values: dict[str, Any]) -> Iterator[Entry]:
    tags = values.get("tags") or {}
    names = [
        name,
        *([str(index)] if isinstance(index, str) else []),
        *[values.get(key) for key in _NAMED],
        tags.get("Name"),
    ]
    yield from _entry(values.get("arn"), names, address, address)
    if type == "aws_kms_alias":  # another name of a key
        alias = str(values.get("name", "")).removeprefix("alias/")
        yield from _entry(values.get("target_key_arn"), (alias, name), address)


def _of_outputs(outputs: dict[str, Any]) -> Iterator[Entry]:
    """Values that are ARNs, alone or in a list or an object."""
    for name, value in outputs.items():
        inside = value if isinstance(value, dict) else {name: value}
        for key, one in inside.items():
            for arn in one if isinstance(one, list) else [one]:
                shown = f"output {name}" if key == name else f"output {name}.{key}"
                yield from _entry(arn, (key, _plain(key)), shown)


# ---- CloudFormation: DescribeStacks, ListExports


def _of_stacks(stacks: list[dict[str, Any]]) -> Iterator[Entry]:
    for stack in stacks:
        for one in stack.get("Outputs", ()):
            key, export = one["OutputKey"], one.get("ExportName", "")
            names = (key, _plain(key), export, _plain(export))
            yield from _entry(one["OutputValue"], names, f"output {key} of stack {stack['StackName']}", "", export)


# ---- lists


def _of_list(value: list[Any]) -> Iterator[Entry]:
    for one in value:
        if isinstance(one, str):
            yield from _entry(one, (), one)
            continue
        fields = {key.lower(): field for key, field in one.items()}
        arn = next((fields[key] for key in ("arn", "resourcearn", "resource_arn", "value") if key in fields), None)
        tags = {tag["Key"]: tag["Value"] for tag in fields.get("tags") or () if isinstance(tag, dict) and "Key" in tag}
        yield from _entry(arn, (fields.get("name"), fields.get("id"), tags.get("Name")), str(arn))


def _of_csv(text: str) -> Iterator[Entry]:
    """Rows in which one cell is an ARN: the others are names of it, or those under `name` where there is a head."""
    rows = [row for row in csv.reader(text.lstrip("\ufeff").splitlines()) if any(row)]
    head = (
        [cell.strip().lower() for cell in rows[0]]
        if rows and not any(_ARN.match(cell.strip()) for cell in rows[0])
        else []
    )
    for row in rows[1:] if head else rows:
        cells = [cell.strip() for cell in row]
        arn = next((cell for cell in cells if cell.startswith("arn:")), "")
        named = [cell for at, cell in enumerate(cells) if not head or head[at : at + 1] == ["name"]]
        yield from _entry(arn, [cell for cell in named if cell != arn], arn)
