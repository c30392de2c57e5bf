"""What can be wrong with the input of a flood simulation."""

from stadtkern.base.errors import BadInput


class BadScenario(BadInput):
    """A scenario or one of its files cannot be used; each line names file, key and what is allowed."""


class BadKey(ValueError):
    """The value of one key is not allowed; the text says why and what is allowed."""


class TooLarge(BadScenario):
    """The run would need more memory than there is; the text names both figures."""
