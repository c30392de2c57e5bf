"""Errors that people see; each becomes an HTTP answer in one place (`web.middleware`)."""


class StadtkernError(Exception):
    """Something a person can understand and act upon; the text is shown to them."""

    status = 400


class NotAuthenticated(StadtkernError):
    """Key, token or password are wrong, have ended, or are missing where one is needed."""

    status = 401


class NotPermitted(StadtkernError):
    """The person may not do this."""

    status = 403


class NotFound(StadtkernError):
    """There is no such thing, or the person may not know of it."""

    status = 404


class Conflict(StadtkernError):
    """Somebody else was first, or it has been done already."""

    status = 409


class Gone(StadtkernError):
    """It was here and was taken back; the text says why."""

    status = 410


class BadInput(StadtkernError):
    """What was sent cannot be used; the text says what and where."""

    status = 422


class TooMany(StadtkernError):
    """More was sent in a short time than is allowed; the same will be welcome later."""

    status = 429

    def __init__(self, text: str, *, retry_after: int = 60) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds to wait."""


class Unavailable(StadtkernError):
    """An outside source or a part of ours does not answer now."""

    status = 503


class SourceError(Exception):
    """A whole answer of an outside source cannot be used; the text is one clear line for its page."""
