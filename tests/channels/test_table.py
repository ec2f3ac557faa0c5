"""The table of channels is complete: a new way to deliver isn't finished before it stands everywhere."""

from pathlib import Path
from typing import get_args

from membership import channels
from membership.channels import Channel, open_channels
from membership.channels.outgoing import ANY, Poster

SHARED = {"__init__", "aws", "base", "outgoing"}


def test_every_channel_has_a_file_a_name_and_a_line() -> None:
    folder = Path(channels.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - SHARED
    assert files == set(get_args(Channel)) == set(open_channels(Poster(ANY)))
