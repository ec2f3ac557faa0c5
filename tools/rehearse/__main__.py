"""make rehearse PROGRAM=file.yaml: its examples, its rules in words, and its effect on the demo's members."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from membership.errors import Flaw, ProgramInvalid
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.rehearsal import rehearse
from tools import cdnow
from tools.cdnow import LogMissing
from tools.demo import program as demo
from tools.rehearse import show
from tools.rehearse.effect import play

LOOKED_AT = (date(1998, 6, 30), date(1999, 3, 31))
"""The log's last day; and late enough to see who falls at the end of the year."""

console = Console(highlight=False, soft_wrap=True)


def main(
    file: Annotated[str, typer.Argument(help="A program file, or the name of a preset.")],
    effect: Annotated[bool, typer.Option(help="Play the demo's log through it, too.")] = True,
) -> None:
    """Tries a program out before it is put in force. Fails where its own examples don't hold."""
    try:
        program = read_program(_text(file))
    except ProgramInvalid as refused:
        _tell(f"{file} is not a valid program", refused.flaws)
        raise typer.Exit(1) from None
    show.rules(console, program)
    flaws = _rehearse(program)
    for warning in program.warnings():
        console.print(f"[yellow]![/] {escape(warning)}")
    if flaws:
        raise typer.Exit(1)
    if effect:
        _effect(program)


def _text(file: str) -> str:
    if file in presets.names():
        return presets.text(file)
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        console.print(f"[bold red]{escape(file)} can't be read:[/] {escape(str(problem))}")
        console.print(f"Write a file, or one of the presets: {', '.join(presets.names())}.")
        raise typer.Exit(1) from None


def _rehearse(program: Program) -> list[Flaw]:
    show.title(console, "Examples")
    flaws = rehearse(program)
    if flaws:
        _tell("The program doesn't do what its own examples say", flaws)
    elif program.examples:
        console.print(f"[green]✓[/] all {len(program.examples)} come out as they say")
    else:
        console.print("It has none. Add some: what must come of what is then checked before each version.")
    return flaws


def _tell(what: str, flaws: list[Flaw]) -> None:
    console.print(f"[bold red]{escape(what)}:[/]")
    for flaw in flaws:
        console.print(f"[red]✗[/] [bold]{escape(flaw.path or 'the file')}[/] {escape(flaw.message)}")
        console.print(f"  [dim]{escape(flaw.remedy)}[/]")


def _effect(program: Program) -> None:
    try:
        log = cdnow.sample()
    except LogMissing as missing:
        console.print(f"[yellow]![/] {escape(str(missing))}")
        return
    with console.status("Playing the demo's log through both programs …"):
        before, after = (play(one, log, LOOKED_AT) for one in (demo.program(), program))
    show.effect(console, before, after, log, *LOOKED_AT)


if __name__ == "__main__":
    typer.run(main)
