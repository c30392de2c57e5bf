"""The commands of the project, one file each: `HELP`, `add_arguments(parser)`, `run(arguments) -> exit status`."""
