"""The wheel: installed outside the checkout, with nothing but lark, it compiles as the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from iamdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
PLATFORM = ROOT / "examples" / "ml-platform" / "platform.iam"


def built(kind: str, folder: Path) -> Path:
    """The wheel or sdist of the checkout, made by its build backend."""
    script = f"from hatchling.build import build_{kind}; print(build_{kind}({str(folder)!r}))"
    name = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return folder / name.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_all_that_the_package_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in [*(ROOT / "iamdsl").rglob("*"), *(ROOT / "grammar").rglob("*")]:
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and "__pycache__" not in name:
            assert (f"iamdsl/{name}" if name.startswith("grammar/") else name) in names
    assert not [name for name in names if not name.startswith(("iamdsl/", "iamdsl-"))]


def test_it_compiles_as_the_checkout_does(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty environment, from a folder that cannot be written."""
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    import lark

    (site / "lark").symlink_to(Path(lark.__file__).parent)
    program = tmp_path / "in" / "platform.iam"
    program.parent.mkdir()
    program.write_bytes(PLATFORM.read_bytes())
    for path in [site, *site.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    monkeypatch.chdir(tmp_path)
    try:
        done = subprocess.run(
            [tmp_path / "venv" / "bin" / "python", "-m", "iamdsl", "compile", "in", "-o", "installed"],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
        )
    finally:
        for path in [site, *site.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o700)
    assert done.returncode == 0, done.stderr
    assert main(["compile", "in", "-o", "checkout"]) == 0
    found = {path.relative_to("installed"): path.read_bytes() for path in Path("installed").rglob("*.json")}
    assert found == {path.relative_to("checkout"): path.read_bytes() for path in Path("checkout").rglob("*.json")}
    assert len(found) > 10


def test_the_sdist_has_all_that_the_tests_need(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    needed = {"pyproject.toml", "README.md", "LICENSE", "NOTICE", "grammar/iam.lark", "examples/hello/hello.iam"}
    assert needed <= names
    assert {f"tests/{path.name}" for path in (ROOT / "tests").glob("*.py")} <= names
    assert {"action.yml", ".github/review.py", ".pre-commit-hooks.yaml", "examples/build/Makefile"} <= names
    assert not [name for name in names if ".git" in name.split("/")]
