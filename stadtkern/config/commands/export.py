"""`stadtkern export KIND`: take data out."""

import argparse
import sys
from pathlib import Path

from stadtkern.config.start import start_django

HELP = "export observations, streams, the register, areas or addresses as a table, or the setup as JSON"
KINDS = ("observations", "streams", "register", "areas", "addresses", "setup")
FORMATS = ("csv", "json", "xlsx", "parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the table, the format and the target."""
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--format", choices=FORMATS, default="csv")
    parser.add_argument(
        "--stream", action="append", default=[], metavar="KEY", help="only this stream (repeatable)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")


def run(arguments: argparse.Namespace) -> int:
    """Write the rows."""
    start_django()
    if arguments.kind == "setup":
        return write_setup(arguments.output)
    from stadtkern.config.export import table, write

    columns, rows = table(arguments.kind, streams=arguments.stream)
    if arguments.output:
        partial = arguments.output.with_name(f".{arguments.output.name}.partial")
        with partial.open("wb") as file:
            count = write(columns, rows, form=arguments.format, file=file)
        partial.replace(arguments.output)
        sys.stderr.write(f"{count} rows in {arguments.output}\n")
    else:
        write(columns, rows, form=arguments.format, file=sys.stdout.buffer)
    return 0


def write_setup(output: Path | None) -> int:
    """Write what is measured where and why, without the readings."""
    from stadtkern.ingest.setup import dump, export_setup

    text = dump(export_setup())
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
    return 0
