"""`ingest`: connectors and MQTT, until told to stop."""

import os

from django.core.management.base import BaseCommand

from stadtkern.ingest.process import serve


class Command(BaseCommand):
    """Read the outside sources."""

    help = "Read the outside sources: ask the HTTP sources in turn, listen to MQTT."

    def handle(self, *_words: object, **_options: object) -> None:
        """Run until SIGTERM; then end at once, also when a connector hangs in a thread."""
        serve()
        self.stdout.flush()
        os._exit(0)
