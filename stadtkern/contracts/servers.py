"""Settings by which messages reach a network server over HTTP."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def server_problems(options: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings `server` and `server_key`, one line each."""
    server = str(options.get("server") or "").strip()
    if not server:
        return []
    parts = urlsplit(server)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ["server: write the address with https:// before it"]
    return [] if options.get("server_key") else ["server_key: the server wants an API key"]
