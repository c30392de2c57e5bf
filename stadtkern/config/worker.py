"""The worker: huey's consumer over the tasks of all apps."""

import importlib
import logging
import threading
from importlib.util import find_spec

from django.apps import apps
from django.db import close_old_connections, connections

from stadtkern.web.tasks import Loop, huey, loops

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


def repeat(function: Loop, pause: float, stopping: threading.Event) -> None:
    """Call a function again and again; what goes wrong is told once, until it goes well again."""
    trouble = ""
    while not stopping.wait(pause):
        close_old_connections()
        try:
            function()
        except Exception as error:
            if (found := f"{type(error).__name__}: {error}") != trouble:
                logger.exception("%s failed", function.__name__)
            trouble = found
        else:
            if trouble:
                logger.info("%s works again", function.__name__)
            trouble = ""
    connections.close_all()


def consume(*, threads: int) -> int:
    """Work until told to stop."""
    logger.info("tasks of %s", ", ".join(load_tasks()))
    stopping = threading.Event()
    for function, pause in loops.items():
        threading.Thread(target=repeat, args=(function, pause, stopping), name=function.__name__).start()
    try:
        consume_tasks(threads)
    finally:
        stopping.set()
    return 0


def consume_tasks(threads: int) -> None:
    """Work through the queue until told to stop."""
    huey.create_consumer(workers=threads, periodic=True, initial_delay=0.5, max_delay=5.0).run()
