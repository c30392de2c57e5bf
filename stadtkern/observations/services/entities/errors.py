"""What can be wrong with an entity; the texts go to whoever sent it."""

from stadtkern.base.errors import StadtkernError


class BadEntity(StadtkernError):
    """What was sent is no such entity: the text names the property or the link, and what is wrong."""

    status = 400


class Changed(StadtkernError):
    """Somebody else changed the entity in the meantime (If-Match)."""

    status = 412
