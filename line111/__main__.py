"""`python -m line111`: the same as the `line111` command."""

from line111.cli import app

app(prog_name="line111")
