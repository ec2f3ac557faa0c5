"""make up, make down, make demo, make rehearse, make sam, make build."""

import subprocess
import sys

import typer
from rich.console import Console

from tools import sam
from tools.demo.__main__ import main as demo
from tools.demo.shop import open_shop
from tools.deploy import DeployError, deploy
from tools.emulator import Emulator, EmulatorError
from tools.rehearse.__main__ import main as rehearse

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
app.command("demo")(demo)
app.command("rehearse")(rehearse)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def up() -> None:
    """Starts the emulator unless it runs, deploys the working tree, and puts the demo's program in force."""
    emulator = Emulator()
    with console.status("Starting the emulator …"):
        emulator.start()
    with console.status("Building and deploying …"):
        stack = deploy(emulator)
    with console.status("Issuing keys …"):
        opened = open_shop(stack)
    profile = emulator.profile.relative_to(sam.ROOT)
    console.print("[bold]Tierwise is up[/] until make down. In your shell:\n")
    console.print(f"  BASE={stack.base_url}")
    console.print(f"  OPERATOR={opened.operator.key} STOREFRONT={opened.storefront.key}")
    console.print('  curl -H "Authorization: Bearer $STOREFRONT" $BASE/v1/program')
    console.print("  open $BASE/docs                                  # every route, and how to call it")
    console.print('  make sam DO="remote invoke ReviewFunction --event-file events/review/….json"')
    console.print('  make sam DO="logs --name IngestFunction"')
    console.print(f"  export AWS_CONFIG_FILE=$PWD/{profile} AWS_PROFILE=local   # for any AWS tool")


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
        raise EmulatorError("the emulator isn't running: make up starts it, and make demo")
    done = subprocess.run(
        sam.command(*context.args, environment="local"), cwd=sam.ROOT, env=emulator.environment, check=False
    )
    raise typer.Exit(done.returncode)


@app.command()
def build(environment: str = typer.Argument("default")) -> None:
    """Builds for an account, as samconfig.toml says for this environment."""
    failed = sam.build(environment)
    if not failed and not sam.has_byte_code():
        console.print("[bold yellow]This build has no byte code[/]: the target's interpreter is not here.")
        console.print("It works, but cold starts take about twice as long.")
    raise typer.Exit(failed)


if __name__ == "__main__":
    try:
        app()
    except (DeployError, EmulatorError, ValueError) as problem:
        console.print(f"[red]{problem}[/]", style=None)
        sys.exit(1)
