"""A limit on what may be sent to us, before anything of it is stored."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]


class TooLarge(Exception):  # not an error of ours
    """More came in than allowed."""


def declared_length(scope: Scope) -> int:
    """Return what the sender says the length is; 0 if it says nothing useful."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def refuse(send: Send) -> None:
    """Answer 413 as a problem document."""
    body = json.dumps({"type": "about:blank", "title": "Content Too Large", "status": 413}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


MayUpload = Callable[[Scope], Awaitable[bool]]


def limit_body(
    application: Application,
    normal_bytes: int,
    *,
    upload_bytes: int = 0,
    may_upload: MayUpload | None = None,
) -> Application:
    """Return the application, which then never reads more than `normal_bytes` of one request.

    A sender without `Content-Length` (chunks) is cut off in the middle. `upload_bytes` is the limit for
    requests that say they are larger and of which `may_upload` says, before anything is read, that they may
    be.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        length, most_bytes = declared_length(scope), normal_bytes
        if normal_bytes < length <= upload_bytes and may_upload is not None and await may_upload(scope):
            most_bytes = upload_bytes
        if length > most_bytes:
            await refuse(send)
            return
        read, has_begun = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most_bytes:
                raise TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await application(scope, counted, watched)
        except TooLarge:
            if not has_begun:
                await refuse(send)

    return limited
