"""Errors of the interface; all of them are sent as problem documents (RFC 9457, 17-069r4 section 7.5.1)."""

from stadtkern.base.errors import StadtkernError


class BadParameter(StadtkernError):
    """A parameter is unknown, or its value cannot be used (requirements query-param-unknown, -invalid)."""

    status = 400


class NotAcceptable(StadtkernError):
    """What is asked for is not offered in that form."""

    status = 406
