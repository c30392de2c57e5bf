"""The worker: huey's consumer over the tasks of all apps."""

import importlib
import logging
from importlib.util import find_spec

from django.apps import apps
from django.db import close_old_connections

from stadtkern.web.tasks import huey

logger = logging.getLogger(__name__)


def load_tasks() -> list[str]:
    """Import `tasks.py` of every app of ours and return the names."""
    names = [
        f"{config.name}.tasks" for config in apps.get_app_configs() if config.name.startswith("stadtkern.")
    ]
    found = [name for name in names if find_spec(name)]
    for name in found:
        importlib.import_module(name)
    return found


@huey.pre_execute()
def fresh_connections(_task: object) -> None:
    """Drop database connections that went bad since the last task."""
    close_old_connections()


def consume(*, threads: int) -> int:
    """Work until told to stop."""
    logger.info("tasks of %s", ", ".join(load_tasks()))
    huey.create_consumer(workers=threads, periodic=True, initial_delay=0.5, max_delay=5.0).run()
    return 0
