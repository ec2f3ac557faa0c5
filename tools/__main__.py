"""make up, make down, make sam, make build."""

import subprocess
import sys

import typer
from rich.console import Console

from tools import sam
from tools.deploy import DeployError, deploy
from tools.emulator import Emulator, EmulatorError

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
FIRST_KEY = "events/operate/issue_key.json"
console = Console(highlight=False, soft_wrap=True)


@app.command()
def up() -> None:
    """Starts the emulator, unless it runs already, and deploys the working tree to it."""
    emulator = Emulator()
    with console.status("Starting the emulator …"):
        emulator.start()
    with console.status("Building and deploying …"):
        stack = deploy(emulator)
    console.print(f"[bold]Tierwise is up[/] at {stack.base_url}")
    console.print("  the contract   GET /docs, GET /openapi.json")
    console.print(f'  a first key    make sam DO="remote invoke OperateFunction --event-file {FIRST_KEY}"')
    console.print('  a log          make sam DO="logs --name IngestFunction"')
    console.print("  the end        make down")


@app.command()
def down() -> None:
    """Stops the emulator; what it held is gone."""
    stopped = Emulator().stop()
    console.print("The emulator is stopped." if stopped else "The emulator isn't running.")


@app.command("sam", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sam_command(context: typer.Context) -> None:
    """Runs the SAM CLI against the emulator: sam -- remote invoke ReviewFunction …"""
    emulator = Emulator()
    if not emulator.running:
        raise EmulatorError("the emulator isn't running: make up starts it")
    done = subprocess.run(
        sam.command(*context.args, environment="local"), cwd=sam.ROOT, env=emulator.environment, check=False
    )
    raise typer.Exit(done.returncode)


@app.command()
def build(environment: str = typer.Argument("default")) -> None:
    """Builds for an account, as samconfig.toml says for this environment."""
    failed = sam.build(environment)
    if not failed and not sam.has_byte_code():
        console.print("[bold yellow]No byte code in this build[/]: no interpreter of the target's version is here.")
        console.print("It works, but cold starts take about twice as long.")
    raise typer.Exit(failed)


if __name__ == "__main__":
    try:
        app()
    except (DeployError, EmulatorError, ValueError) as problem:
        console.print(f"[red]{problem}[/]", style=None)
        sys.exit(1)
