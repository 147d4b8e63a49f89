"""`python -m aggregator` is `aggregator`."""

from .cli import main

main(prog_name="aggregator")
