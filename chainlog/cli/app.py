"""The command group. Each command is one module of this room, registered here. Prints and exits."""

from __future__ import annotations

import click

from chainlog.__about__ import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chainlog")
def cli() -> None:
    """Keep, question and verify custody records of classified carriers."""


def run() -> None:
    """Parse the arguments, run the command and exit with its status."""
    cli(prog_name="chainlog")
