"""Packages that compile policies when they are built, by the real build backends."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling", "iamdsl"]
build-backend = "hatchling.build"

[project]
name = "acme"
version = "1.0"

[tool.hatch.build.targets.wheel]
packages = ["src/acme"]

[tool.hatch.build.hooks.iamdsl]
program = "policies"
output = "src/acme/iam"
parameters = { stage = "prod" }
"""
SETUP = """
from pathlib import Path
import iamdsl
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithPolicies(build_py):
    def run(self):
        super().run()
        iamdsl.compile(Path("policies"), parameters={"stage": "prod"}).write(Path(self.build_lib, "acme", "iam"))


setup(name="acme", version="1.0", packages=["acme"], package_dir={"": "src"}, cmdclass={"build_py": BuildWithPolicies})
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("src/acme").mkdir(parents=True)
    Path("src/acme/__init__.py").write_text("")
    Path("policies").mkdir()
    Path("policies/main.iam").write_text('param stage = dev\nuser alice\nalice can read bucket "acme-{stage}"\n')
    Path(".gitignore").write_text("/src/acme/iam/\n")
    return tmp_path


def build() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "."]
    return subprocess.run(command, capture_output=True, text=True)


def packed() -> dict[str, object]:
    (wheel,) = Path("dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return {name: json.loads(opened.read(name)) for name in opened.namelist() if name.endswith(".json")}


def test_hatchling_packs_what_the_hook_compiles() -> None:
    Path("pyproject.toml").write_text(PYPROJECT)
    done = build()
    assert done.returncode == 0, done.stdout + done.stderr
    found = packed()
    assert set(found) == {"acme/iam/users/alice/policy.json", "acme/iam/manifest.json"}
    assert "acme-prod" in json.dumps(found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('program = "policies"', 'program = "polices"', "cannot read"),
        ('output = "src/acme/iam"', "", "the build hook needs `output`"),
        ('output = "src/acme/iam"', "output = 3", "is no int"),
        ('parameters = { stage = "prod" }', 'params = { stage = "prod" }', "unknown option `params` of the build hook"),
        ('stage = "prod"', 'stag = "prod"', "IAM203"),
    ],
)
def test_hatchling_is_stopped_by_what_is_wrong(old: str, new: str, said: str) -> None:
    Path("pyproject.toml").write_text(PYPROJECT.replace(old, new))
    done = build()
    assert done.returncode != 0 and said in done.stdout + done.stderr
    assert "Traceback" not in (done.stdout + done.stderr).split("ERROR")[0]
    assert not Path("dist").exists() or not list(Path("dist").iterdir())


def test_errors_of_the_program_stop_it() -> None:
    Path("pyproject.toml").write_text(PYPROJECT)
    Path("policies/main.iam").write_text("param stage = dev\nuser alice\nalice can reed bucket a\n")
    done = build()
    assert done.returncode != 0 and "error[IAM304]: unknown verb `reed`" in done.stdout + done.stderr


def test_setuptools_packs_what_is_compiled() -> None:
    Path("setup.py").write_text(SETUP)
    Path("pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    )
    done = build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acme/iam/users/alice/policy.json" in packed()
