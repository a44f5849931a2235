"""Each build tool of `examples/build`, for real: it compiles on a change of the program, of an import and of the catalog, and
only then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "build"
Run = Callable[[], str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, whose catalog may be touched, and an `iamdsl` that counts its runs."""
    site = tmp_path_factory.mktemp("site")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "iamdsl", site / "iamdsl", ignore=ignore)
    shutil.copytree(ROOT / "grammar", site / "iamdsl" / "grammar", ignore=ignore)
    (site / "bin").mkdir()
    program = f"import sys; sys.path.insert(0, {str(site)!r}); from iamdsl.cli import main; sys.exit(main())"
    (site / "bin" / "iamdsl.py").write_text(program)
    script = site / "bin" / "iamdsl"
    script.write_text(f'#!/bin/sh\necho "$@" >> {site}/runs\nexec {sys.executable} {site}/bin/iamdsl.py "$@"\n')
    script.chmod(0o755)
    return site


@pytest.fixture
def work(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, with only what version control has, to work in."""
    shutil.copytree(EXAMPLE, tmp_path / "work", ignore=shutil.ignore_patterns("build", "bazel-*", "expected"))
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("IAMDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(installed / "bin"), sysconfig.get_path("scripts"), os.environ["PATH"]])
    )
    return tmp_path / "work"


def tool(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cmake(generator: str) -> str:
    if not Path("build/CMakeCache.txt").exists():
        tool("cmake", "-B", "build", "-G", generator)
    return tool("cmake", "--build", "build")


TOOLS: dict[str, Run] = {
    "make": lambda: tool("make"),
    "ninja": lambda: tool("ninja"),
    "cmake-make": lambda: cmake("Unix Makefiles"),
    "cmake-ninja": lambda: cmake("Ninja"),
}


def later(path: str | Path) -> None:
    """A file is saved after all that was built: file systems do not tell moments of one tick apart."""
    time.sleep(0.03)
    os.utime(path)


def granted(text: str) -> bool:
    return any(text in path.read_text() for path in Path("build").rglob("policy.json"))


@pytest.mark.parametrize("name", TOOLS)
def test_it_compiles_what_changed_and_only_then(name: str, work: Path, installed: Path) -> None:
    build, runs = TOOLS[name], installed / "runs"

    def compiled() -> int:
        runs.unlink(missing_ok=True)
        build()
        return len(runs.read_text().splitlines()) if runs.exists() else 0

    assert compiled() == 1 and granted("acme-raw")
    assert compiled() == 0
    Path("policies/platform.iam").write_text(Path("policies/platform.iam").read_text() + "ann can read bucket raw\n")
    later("policies/platform.iam")
    assert compiled() == 1 and compiled() == 0
    assert any("users/ann" in str(path) for path in Path("build").rglob("policy.json"))
    Path("shared/people.iam").write_text(Path("shared/people.iam").read_text().replace("111122223333", "444455556666"))
    later("shared/people.iam")
    assert compiled() == 1 and compiled() == 0
    later(installed / "iamdsl" / "catalog" / "data" / "version")
    assert compiled() == 1 and compiled() == 0
    Path("notes.txt").write_text("mine")
    later("notes.txt")
    assert compiled() == 0
    if name != "ninja":  # whose file lists the programs
        Path("policies/more.iam").write_text("ben can read bucket raw\n")
        later("policies/more.iam")
        assert compiled() >= 1 and compiled() == 0
        os.unlink("policies/more.iam")
        assert compiled() >= 1 and compiled() == 0


def test_an_error_stops_the_build(work: Path) -> None:
    Path("policies/platform.iam").write_text("ann can reed bucket raw\n")
    for command in (["make"], ["ninja"]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode != 0 and "unknown verb `reed`" in done.stdout + done.stderr
    assert not list(Path("build").rglob("*.json"))


def test_gitlab_runs_what_is_there(work: Path) -> None:
    """Each command of the snippet, in a repository with a base."""
    import yaml

    jobs = yaml.safe_load(Path(".gitlab-ci.yml").read_text())
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for more in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "base"],
        ["remote", "add", "origin", "."],
    ):
        tool(*git, *more)
    base = tool("git", "rev-parse", "HEAD").strip()
    Path("policies/platform.iam").write_text(Path("policies/platform.iam").read_text() + "ann can write bucket raw\n")
    statuses = {}
    for job in ("policies", "access"):
        for command in jobs[job]["script"]:
            if not command.startswith("pip "):
                environment = {**os.environ, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
                done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, env=environment)
                statuses[command.split("  #")[0]] = done.returncode
                last = done.stdout
    assert statuses.pop("iamdsl diff .base/policies policies") == jobs["access"]["allow_failure"]["exit_codes"] == 1
    assert set(statuses.values()) == {0}, statuses
    assert "user ann gains" in last
    assert json.loads(Path("build/iam/manifest.json").read_text())["documents"]
