"""The supervisor starts what dies again and ends everything it started."""

import os
import signal
import time

from stadtkern.config.processes import Child, Supervisor


def sleeper(name: str) -> Child:
    """Return a child that only lives: the replay server without a town listens to nothing but signals."""
    return Child(
        name,
        ["shell", "-c", "import time; time.sleep(60)"],
        {"DJANGO_SETTINGS_MODULE": "django.conf.global_settings"},
    )


def wait_for(condition: object, seconds: float = 10) -> bool:
    """Wait until `condition()` is true."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():  # type: ignore[operator]  # a plain callable
            return True
        time.sleep(0.05)
    return False


def test_a_killed_child_is_started_again() -> None:
    """A new process takes the place of one that was killed."""
    child = sleeper("one")
    child.pause = 0.1
    child.start()
    assert child.process
    first = child.process.pid
    os.kill(first, signal.SIGKILL)

    def again() -> bool:
        child.look_after(time.monotonic())
        return child.process is not None and child.process.pid != first

    try:
        assert wait_for(again)
    finally:
        Supervisor([child]).end()
    assert child.process
    assert child.process.poll() is not None


def test_a_child_that_dies_at_once_waits_longer_each_time() -> None:
    """No busy loop when a process cannot start."""
    child = Child("broken", ["no-such-command"], {"STADTKERN_DATABASE_URL": "nonsense"})
    child.start()
    assert child.process
    child.process.wait()
    child.look_after(time.monotonic())
    assert child.process is None
    assert child.pause > 0.5
    assert child.due > time.monotonic()
