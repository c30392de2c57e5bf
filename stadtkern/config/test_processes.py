"""The supervisor starts what dies again and ends everything it started."""

import argparse
import os
import signal
import time
from typing import Any

import pytest
import uvicorn
from uvicorn.middleware.proxy_headers import _TrustedHosts

from stadtkern.config import settings
from stadtkern.config.commands import web
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


def test_only_a_trusted_proxy_may_say_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`STADTKERN_TRUSTED_PROXIES` reaches the server: networks count, others are not believed."""
    given: dict[str, Any] = {}
    monkeypatch.setenv("STADTKERN_BEHIND_PROXY", "yes")
    monkeypatch.setenv("STADTKERN_PORT", "8000")  # the command sets it, too
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", ["10.0.0.0/8"])
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: given.update(options))
    web.run(argparse.Namespace(host="127.0.0.1", port=8000))
    assert given["proxy_headers"] is True
    believed = _TrustedHosts(given["forwarded_allow_ips"])
    assert "10.1.2.3" in believed
    assert "127.0.0.1" not in believed
