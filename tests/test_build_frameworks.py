"""The examples for tools that are too heavy to install for every run. Each test runs where its tool is:

pip install aws-cdk-lib pulumi pulumi-aws       # the CDK wants Node.js, too
npm install --no-save --prefix /tmp/bazel @bazel/bazel && export PATH=/tmp/bazel/node_modules/.bin:$PATH
pytest tests/test_build_frameworks.py
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import iamdsl

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "build"
BAZEL = shutil.which("bazel")


def needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"{module} is not installed")


@pytest.mark.skipif(BAZEL is None, reason="bazel is not installed")
def test_bazel_compiles_what_changed_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lark

    work = tmp_path / "work"
    shutil.copytree(EXAMPLE, work, ignore=shutil.ignore_patterns("build", "bazel-*"))
    site = work / "third_party" / "site"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "iamdsl", site / "iamdsl", ignore=ignore)
    shutil.copytree(ROOT / "grammar", site / "iamdsl" / "grammar", ignore=ignore)
    shutil.copytree(Path(lark.__file__).parent, site / "lark", ignore=ignore)
    monkeypatch.chdir(work)
    assert BAZEL is not None
    bazel = [BAZEL, f"--output_user_root={tmp_path}/bazel"]

    def compiled(*more: str) -> int:
        command = [*bazel, "build", "//:platform", f"--disk_cache={tmp_path}/cache", *more]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr.count("linux-sandbox.") + done.stderr.count("processwrapper-sandbox.")

    program, people = Path("policies/platform.iam"), Path("shared/people.iam")
    try:
        assert compiled() == 1 and compiled() == 0
        before = program.read_text()
        program.write_text(before + "ann can read bucket raw\n")
        assert compiled() == 1 and compiled() == 0
        assert Path("bazel-bin/platform/users/ann/policy.json").exists()
        people.write_text(people.read_text().replace("111122223333", "444455556666"))
        assert compiled() == 1 and compiled() == 0
        version = site / "iamdsl" / "catalog" / "data" / "version"
        version.write_text("2099-01-01\n")
        assert compiled() == 1 and compiled() == 0
        Path("notes.txt").write_text("mine")
        assert compiled() == 0
        subprocess.run([*bazel, "clean"], check=True, capture_output=True)
        assert compiled() == 0, "from the cache, as another machine would"
        assert json.loads(Path("bazel-bin/platform/manifest.json").read_text())["catalog"] == "2099-01-01"
    finally:
        subprocess.run([*bazel, "shutdown"], capture_output=True)


@needs("aws_cdk")
def test_cdk_keeps_the_documents(tmp_path: Path) -> None:
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path)}
    subprocess.run([sys.executable, str(EXAMPLE / "cdk" / "app.py")], env=environment, check=True)
    resources = json.loads((tmp_path / "platform.template.json").read_text())["Resources"]
    documents = iamdsl.compile(EXAMPLE / "policies").documents
    assert resources["Etl"]["Properties"]["AssumeRolePolicyDocument"] == documents["roles/etl/trust.json"]
    kept = resources["EtlPolicy"]["Properties"]["PolicyDocument"]
    assert iamdsl.diff(documents["roles/etl/policy.json"], kept).relation == "equal"


PULUMI = """
import json, runpy, sys
import pulumi

made = []

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        made.append([args.typ, dict(args.inputs)])
        return args.name, {**args.inputs, "arn": "arn:aws:iam::111122223333:role/etl"}

    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks())

@pulumi.runtime.test
def run():
    runpy.run_path(sys.argv[1])

run()
print(json.dumps(made))
"""


@needs("pulumi_aws")
def test_pulumi_is_given_the_documents() -> None:
    program = str(EXAMPLE / "pulumi" / "__main__.py")
    done = subprocess.run([sys.executable, "-c", PULUMI, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {type: inputs for type, inputs in json.loads(done.stdout.splitlines()[-1])}
    documents = iamdsl.compile(EXAMPLE / "policies").documents
    assert json.loads(found["aws:iam/role:Role"]["assumeRolePolicy"]) == documents["roles/etl/trust.json"]
    assert json.loads(found["aws:iam/rolePolicy:RolePolicy"]["policy"]) == documents["roles/etl/policy.json"]
