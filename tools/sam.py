"""The SAM CLI and the settings that it shares with us."""

import os
import shlex
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv-emulator" / "bin"
CONFIG = ROOT / "samconfig.toml"


def settings(environment: str) -> dict[str, Any]:
    """A section of samconfig.toml: settings by command, `global` for those of all commands."""
    config = tomllib.loads(CONFIG.read_text())
    if environment not in config:
        known = ", ".join(name for name in config if name != "version")
        raise ValueError(f"samconfig.toml has no section '{environment}', only {known}")
    return {command: section["parameters"] for command, section in config[environment].items()}


def parameters(environment: str) -> dict[str, str]:
    """The template's parameters as samconfig.toml sets them for an environment."""
    words = shlex.split(settings(environment)["global"]["parameter_overrides"])
    return dict(word.split("=", 1) for word in words)


def command(*arguments: str, environment: str) -> list[str]:
    return [str(BIN / "sam"), *arguments, "--config-env", environment, "--config-file", str(CONFIG)]


def build(environment: str) -> int:
    """Builds for an account, for the interpreter and processor that the environment's parameters name."""
    chosen = parameters(environment)
    target = {name.upper(): chosen[name] for name in ("Runtime", "Architecture") if name in chosen}
    return subprocess.run(
        command("build", environment=environment), cwd=ROOT, env=with_path(os.environ) | target, check=False
    ).returncode


def has_byte_code(built: Path = ROOT / ".aws-sam" / "build") -> bool:
    """False where no interpreter of the target's version was there to compile with."""
    return any(built.rglob("*.pyc"))


def with_path(variables: Mapping[str, str]) -> dict[str, str]:
    """The SAM CLI calls make, and make calls uv: both are found in the emulator's environment first."""
    path = os.pathsep.join([str(BIN), variables.get("PATH", os.defpath)])
    return {**variables, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
