"""What happens after too many wrong passwords."""

import hashlib
from typing import Any

from django.conf import settings


def client_str(username: str | None, *_args: Any) -> str:  # noqa: ANN401
    """Return what the log calls a locked-out account: a stable mark, never mail or IP address."""
    mark = hashlib.sha256(f"{settings.SECRET_KEY}{username}".encode()).hexdigest()[:10]
    return f"account {mark}"
