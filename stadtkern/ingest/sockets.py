"""MQTT for browsers: WebSockets at `/mqtt` of `web`, handed on to the broker inside `ingest`.

What a client may do is decided by what it tells the broker, never by a cookie, so that pages of any site
(a map of a neighbouring town, say) may connect, and none can use the rights of its visitor.
"""

import asyncio
import contextlib
import ipaddress
import logging
from collections import Counter

from django.conf import settings

from stadtkern.web.limits import Application, Receive, Scope, Send

logger = logging.getLogger(__name__)
PATHS = {"/mqtt", "/mqtt/"}
PROTOCOLS = ("mqtt", "mqttv3.1")
"""Subprotocols (MQTT 3.1.1, 6), the second for old clients."""
MOST = 400
MOST_OF_ONE = 20
"""Connections from one address; a school or an office may share one."""
CHUNK = 65_536
GONE_AWAY, BINARY_ONLY, TRY_LATER = 1001, 1003, 1013
_open: Counter[str] = Counter()


def with_sockets(application: Application) -> Application:
    """Return the application, which then answers WebSockets, too."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve(scope, receive, send)
        else:
            await application(scope, receive, send)

    return routed


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one WebSocket, from its greeting to its end."""
    await receive()
    protocol = next((one for one in PROTOCOLS if one in scope.get("subprotocols", ())), None)
    client = str((scope.get("client") or ("",))[0])
    if scope["path"] not in PATHS or protocol is None:
        await send({"type": "websocket.close", "code": 1002})  # before the greeting: the answer is 403
        return
    if _open[client] >= MOST_OF_ONE or _open.total() >= MOST:
        logger.warning("too many WebSockets for MQTT, at last one from %s", client)
        await send({"type": "websocket.close", "code": TRY_LATER})
        return
    _open[client] += 1
    try:
        await _served(client, protocol, receive, send)
    finally:
        _open[client] -= 1
        if not _open[client]:
            del _open[client]


async def _served(client: str, protocol: str, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "subprotocol": protocol})
    try:
        reader, writer = await asyncio.open_unix_connection(settings.MQTT_SOCKET)
    except OSError:
        await send({"type": "websocket.close", "code": TRY_LATER, "reason": "the broker does not run"})
        return
    writer.write(proxy_line(client))
    pumps = {
        asyncio.ensure_future(_to_broker(receive, writer)),
        asyncio.ensure_future(_to_client(reader, send)),
    }
    done, waiting = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError, RuntimeError):
            await task
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    code = next((task.result() for task in done if task.exception() is None), GONE_AWAY)
    if code:
        with contextlib.suppress(OSError, RuntimeError):  # it has gone already
            await send({"type": "websocket.close", "code": code})


def proxy_line(client: str) -> bytes:
    """Return the line that tells the broker for whom we speak (HAProxy, "The PROXY protocol", 2.1)."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return b"PROXY UNKNOWN\r\n"
    other = "0.0.0.0" if address.version == 4 else "::"  # noqa: PLR2004, S104  # nobody listens there
    return f"PROXY TCP{address.version} {address} {other} 0 0\r\n".encode()


async def _to_broker(receive: Receive, writer: asyncio.StreamWriter) -> int:
    """Hand on what the client sends; return the code to close with, 0 if the client closed."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return 0
        data = message.get("bytes")
        if data is None:
            return BINARY_ONLY  # MQTT 3.1.1, 6.0-1
        writer.write(data)
        await writer.drain()


async def _to_client(reader: asyncio.StreamReader, send: Send) -> int:
    """Hand on what the broker sends; return the code to close with when it ends."""
    while data := await reader.read(CHUNK):
        await send({"type": "websocket.send", "bytes": data})
    return GONE_AWAY
