"""The examples: each compiles to exactly what is committed beside it, and its README says what is true.

`IAMDSL_UPDATE=1` rewrites the committed output.
"""

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator import Context, Request, decide

from iamdsl import cli
from iamdsl.diagnostics import Report
from iamdsl.source import Source, Span
from iamdsl.syntax import ast
from iamdsl.syntax.parse import parse

EXAMPLES = Path(__file__).parent.parent / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/README.md"))
UPDATE = bool(os.environ.get("IAMDSL_UPDATE"))

each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


@pytest.fixture
def copy(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example to work in."""
    made = tmp_path / folder.name
    shutil.copytree(folder, made)
    monkeypatch.chdir(made)
    return made


def program(folder: Path) -> Path:
    (found,) = folder.glob("*.iam")
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells a file that was written from one that was left alone."""
    found = {str(path.relative_to(folder)): path.stat() for path in folder.rglob("*")}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def blocks(folder: Path, language: str) -> list[str]:
    """The fenced blocks of the README in one language ("" for none)."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for name, body in fenced if name == language]


def spans(folder: Path) -> list[str]:
    """The inline code of the README."""
    text = re.sub(r"^```.*?^```$", "", (folder / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", text)


def commands(folder: Path) -> list[list[str]]:
    """The arguments of each `iamdsl` that the README shows."""
    lines = [line for block in blocks(folder, "sh") for line in block.splitlines()]
    assert all(line.startswith("iamdsl ") for line in lines), lines
    return [shlex.split(line)[1:] for line in lines]


def test_there_are_examples() -> None:
    assert {"hello", "ml-platform", "ci-github", "kubernetes"} <= {folder.name for folder in FOLDERS}


@each
def test_compiles_to_what_is_committed(
    folder: Path, copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, output = program(copy).name, Path("build")  # beside `expected`: a manifest names files relative to itself
    assert cli.main(["compile", name, "-o", str(output)]) == 0
    found = capsys.readouterr()
    assert found.out == "" and "warning" not in found.err, found.err
    if UPDATE:
        shutil.rmtree(folder / "expected", ignore_errors=True)
        shutil.copytree(output, folder / "expected")
    assert files(output) == files(folder / "expected")
    before = stamps(output)
    assert cli.main(["compile", name, "-o", str(output)]) == 0
    assert stamps(output) == before, "a second run writes nothing"


@each
def test_is_up_to_date_and_laid_out(folder: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = program(copy).name
    assert cli.main(["compile", "--check", name, "-o", "expected"]) == 0, capsys.readouterr().err
    assert cli.main(["format", "--check", name]) == 0, capsys.readouterr().err
    assert files(copy) == files(folder)
    stale = next(copy.glob("expected/**/policy.json"), None) or next(copy.glob("expected/policies/*.json"))
    stale.write_text("{}\n")
    assert cli.main(["compile", "--check", name, "-o", "expected"]) == 1
    assert stale.name in capsys.readouterr().err and stale.read_text() == "{}\n"


@each
def test_commands_of_the_readme(folder: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = program(copy).name
    shown = commands(folder)
    for needed in (["compile", name], ["compile", "--check", name]):
        assert [*needed, "-o", "build"] in shown
    assert ["format", "--check", name] in shown
    for arguments in shown:
        assert cli.main(arguments) == 0, capsys.readouterr().err
    assert files(copy / "build") == files(copy / "expected")
    shutil.rmtree(copy / "build")
    assert files(copy) == files(folder)


def inside(document: Any) -> Iterator[Any]:
    """A JSON value and all values in it."""
    yield document
    for value in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from inside(value)


@each
def test_readme_shows_real_output(folder: Path) -> None:
    committed = [json.loads(text) for text in files(folder / "expected").values()]
    known = [value for document in committed for value in inside(document)]
    for block in blocks(folder, "json"):
        assert json.loads(block) in known, block
        assert json.dumps(json.loads(block), indent=2) + "\n" == block, "as the compiler would write it"
    for block in blocks(folder, ""):
        for line in block.splitlines():
            path = line.split()[0]
            assert (folder / path).is_file() if "/" in path else line in program(folder).read_text(), line


@each
def test_readme_quotes_the_program(folder: Path) -> None:
    text = " ".join(program(folder).read_text(encoding="utf-8").split())
    own = {"SUBJECT can VERB RESOURCE"}  # the pattern of a sentence
    for span in spans(folder):
        if len(span.split()) >= 3 and span not in own:
            pieces = [piece.strip(" {}") for piece in span.split("...")]
            assert all(piece in text for piece in pieces), f"`{span}` is not in the program"


def nodes(node: Any) -> Iterator[Any]:
    """A node of the tree and all below it."""
    if isinstance(node, tuple):
        for item in node:
            yield from nodes(item)
    elif hasattr(node, "__match_args__") and not isinstance(node, Span):
        yield node
        for name in node.__match_args__:
            yield from nodes(getattr(node, name))


def forms(node: Any) -> list[str]:
    """The words by which one knows what a node says: those that its README has to show."""
    match node:
        case ast.Account():
            return ["account"] + (["external"] if node.external else [])
        case ast.Setting():
            return [node.kind] + (["{" + node.name.text + "}"] if node.kind == "param" else [])
        case ast.Guardrail() | ast.Boundary() | ast.EndpointPolicy():
            kinds = {ast.Guardrail: "guardrail", ast.Boundary: "boundary", ast.EndpointPolicy: "endpoint policy"}
            return [f"{kinds[type(node)]} {node.name.text}"]
        case ast.Subjects(only=True):
            return ["only"]
        case ast.GroupOf() | ast.Role() | ast.Verb():
            return [type(node).__name__.removesuffix("Of").lower() + f" {node.name.text}"]
        case ast.Trustee():
            first, _, more = node.kind.partition(" ")
            return [] if first == "same" else [f"for {first}"] + ([more] if more else [])
        case ast.Fact():
            return [{"encrypted": "encrypted with", "account": "in account"}.get(node.kind, node.kind)]
        case ast.Clause() | ast.TagClause():
            return [node.kind]
        case ast.If():
            return ["unless" if node.negated else "if"]
        case ast.TagOf():
            return [f"{node.thing} tag"]
        case ast.Compare():
            return [node.relation]
        case ast.Subject(kind=kind) if kind:
            return [{"public": "anyone on the internet"}.get(kind, kind)]
        case ast.Grant():
            return [("can" if node.allows else "cannot") + (" {" if node.block else "")]
        case ast.Group():
            return [mark for word in node.words for mark in group_forms(word)]
    return []


def group_forms(word: ast.Word) -> list[str]:
    """An exact action, `any` and `everything`, a path and a wildcard."""
    text = word.text
    if re.fullmatch(r"[a-z0-9-]+:\w+", text):
        return [":" + text.partition(":")[2]] if text != "s3:PutObjectTagging" else [text]
    return [text] if text in ("any", "everything") else ["/*"] if text.endswith("/*") else ["-*"] if "*" in text else []


@each
def test_readme_mentions_every_form(folder: Path) -> None:
    report = Report()
    path = program(folder)
    tree = parse(Source(path.name, path.read_text(encoding="utf-8")), report)
    assert not report.failed
    shown = "\n".join([*spans(folder), *blocks(folder, "")])
    assert shown
    needed = {form for node in nodes(tree.lines) for form in forms(node)}
    needed -= {f"{kind} {name}" for kind, name in repeated(tree)}
    assert {form for form in needed if form not in shown} == set()


def repeated(tree: ast.Program) -> list[tuple[str, str]]:
    """Declared names beyond the first that is said in the same way: the README shows one of each form."""
    seen: set[tuple[str, ...]] = set()
    found: list[tuple[str, str]] = []
    for line in tree.lines:
        node = line.sentence
        if isinstance(node, (ast.GroupOf, ast.Verb, ast.Role)):
            trustees = [one.kind for one in nodes(node) if isinstance(one, ast.Trustee)]
            clauses = [one.kind for one in nodes(node) if isinstance(one, ast.Clause)]
            way = (type(node).__name__, *(trustees + clauses if isinstance(node, ast.Role) else ()))
            if way in seen:
                found.append((type(node).__name__.removesuffix("Of").lower(), node.name.text))
            seen.add(way)
    return found


# ---- every statement grants what it says, to nobody else


def documents(folder: Path) -> dict[str, Any]:
    """The committed policies by whom they are for (`roles/etl`), without trust."""
    found = {path: json.loads(text) for path, text in files(folder / "expected").items()}
    return {path.removesuffix(".json").removesuffix("/policy"): found[path] for path in found if policy(path)}


def policy(path: str) -> bool:
    """Whether it is a policy of a principal: of those of resources and guardrails `test_example_resources` decides."""
    return (path.endswith("/policy.json") and "resources/" not in path) or path.startswith("policies/")


def instance(pattern: str) -> str:
    """Something that the pattern matches; each policy variable is `x`."""
    return re.sub(r"\$\{[^}]*\}", "x", pattern).replace("*", "x").replace("?", "a")


def fitting(condition: dict[str, dict[str, Any]]) -> Context:
    """A context in which the condition holds."""
    context = {"s3:prefix": "x", "aws:MultiFactorAuthPresent": "true"}
    for operator, tests in condition.items():
        assert operator in ("Bool", "StringEquals", "StringLike", "NumericLessThanEquals"), operator
        for key, wanted in tests.items():
            value = wanted[0] if isinstance(wanted, list) else wanted
            context[key] = instance(value)
            context |= dict.fromkeys(re.findall(r"\$\{([^}]*)\}", value), "x")
    return context


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def requests(document: dict[str, Any]) -> Iterator[Request]:
    """For each allow, each of its actions on an instance of each of its resources, its condition satisfied."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            context = fitting(statement.get("Condition", {}))
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield Request(WHO, instance(action), instance(resource), context)


WHO = "arn:aws:iam::111122223333:user/x"

# Who may do some of what another may, with MFA, by service: a review. All else is allowed to one alone.
SHARED = {
    ("groups/data-scientists", "groups/ml-engineers"): {"s3", "sagemaker"},  # results, exp- jobs
    ("groups/data-scientists", "roles/analyst"): {"kms", "s3"},  # curated data sets, analyses
    ("groups/data-scientists", "roles/etl"): {"kms", "s3"},  # raw and curated data sets
    ("groups/data-scientists", "roles/globex-reader"): {"s3"},  # what Globex is shown
    ("groups/data-scientists", "roles/training"): {"dynamodb", "kms", "s3"},  # data sets, experiments
    ("groups/ml-engineers", "roles/analyst"): {"s3"},  # analyses
    ("groups/ml-engineers", "roles/etl"): {"s3"},  # scripts
    ("groups/ml-engineers", "roles/globex-reader"): {"s3"},
    ("groups/ml-engineers", "roles/publisher"): {"s3"},  # released models
    ("groups/ml-engineers", "roles/training"): {"s3"},  # models
    ("roles/analyst", "roles/etl"): {"kms", "s3"},  # curated data sets
    ("roles/analyst", "roles/training"): {"kms", "s3"},
    ("roles/etl", "roles/training"): {"kms", "s3"},  # raw and curated data sets
    ("roles/publisher", "roles/training"): {"ecr"},  # the image, and the registry's login
}


def shared(all: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """For each two documents the services in which one allows what the other's statements do."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, document in all.items():
        for request in requests(document):
            for other in all.keys() - {name}:
                if decide([all[other]], request) == "allowed":
                    pair = (min(name, other), max(name, other))
                    found.setdefault(pair, set()).add(request.action.partition(":")[0])
    return found


@each
def test_each_statement_allows_what_it_says(folder: Path) -> None:
    outside = [document for other in FOLDERS if other != folder for document in documents(other).values()]
    count = 0
    for name, document in documents(folder).items():
        for request in requests(document):
            assert decide([document], request) == "allowed", (name, request)
            if request.resource != "x":  # instance of `*`
                assert decide(outside, request) == "implicit-deny", (name, request)
            count += 1
    assert count


def test_nobody_else_may() -> None:
    assert shared(documents(EXAMPLES / "ml-platform")) == SHARED
