"""`python -m stadtkern`."""

from stadtkern.config.cli import main

main()
