"""CloudFormation's own tools on our templates: cfn-lint finds nothing, and the translator of SAM takes them and plain JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamdsl.catalog import default
from iamdsl.compiler import Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import targets, tree
from iamdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted((ROOT / "examples").glob("*/*.iam")) + sorted((ROOT / "tests" / "cases" / "targets").glob("*.iam"))
NOTHING = {
    "accounts.iam",
    "organization.iam",
    "loose.iam",
    "owned.iam",
    "services-terraform.iam",
}  # what cannot be said


def templates(path: Path) -> dict[str, Any]:
    report = Report()
    source = Source(path.name, path.read_text(encoding="utf-8"))
    made = compile_program((source,), default(), {}, report, Options(target="cloudformation"))
    found = {} if report.failed else targets.files(made, report)
    return {} if report.failed else found


MADE = {f"{path.stem} {name}": (path, one) for path in PROGRAMS for name, one in templates(path).items()}


def test_nearly_all_programs_have_templates() -> None:
    assert {path.name for path in PROGRAMS} - {path.name for path, _ in MADE.values()} <= NOTHING
    assert len(MADE) > 10


def test_cfn_lint_finds_nothing() -> None:
    from cfnlint.api import lint  # here: it takes seconds to import
    from cfnlint.config import ManualArgs

    where = ManualArgs(regions=["us-east-1"])  # which has every type
    found = {
        name: [str(each) for each in lint(json.dumps(one), config=where) if each.rule.id[0] in "EW"]
        for name, (_, one) in MADE.items()
    }
    assert {name: each for name, each in found.items() if each} == {}


def translated(template: dict[str, Any]) -> Any:
    """What SAM makes of a template."""
    import boto3  # type: ignore  # here: as above
    from samtranslator.parser.parser import Parser  # type: ignore
    from samtranslator.translator.translator import Translator  # type: ignore

    session = boto3.Session(region_name="eu-west-1")
    translator = Translator({}, Parser(), boto_session=session)
    return translator.translate(json.loads(json.dumps(template)), {one: "x" for one in template.get("Parameters", {})})


@pytest.mark.parametrize("name", sorted(MADE))
def test_sam_leaves_a_template_as_it_is(name: str) -> None:
    _, template = MADE[name]
    assert translated(template)["Resources"] == template["Resources"]


def test_plain_json_in_sam() -> None:
    """A document under `Policies` of a function, and the same as `AssumeRolePolicyDocument`."""
    report = Report()
    path = ROOT / "examples/serverless/serverless.iam"
    made = compile_program((Source(path.name, path.read_text(encoding="utf-8")),), default(), {}, report)
    documents = tree.documents(made)
    policy, trust = documents["roles/checkout/policy.json"], documents["roles/checkout/trust.json"]
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            **{"Handler": "app.main", "Runtime": "python3.13", "InlineCode": "pass"},
            **{"Policies": [policy], "AssumeRolePolicyDocument": trust},
        },
    }
    role = translated({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Checkout": function}})["Resources"][
        "CheckoutRole"
    ]
    assert [one["PolicyDocument"] for one in role["Properties"]["Policies"]] == [policy]
    assert role["Properties"]["AssumeRolePolicyDocument"] == trust
