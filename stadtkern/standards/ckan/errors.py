"""Errors as CKAN tells them: a type by which its clients raise the same error again."""

from typing import Any


class CkanError(Exception):
    """Something that went wrong, in CKAN's words."""

    kind = "Search Error"
    status = 409

    def __init__(self, message: str, **fields: list[str]) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields

    def body(self) -> dict[str, Any]:
        """Return the error object."""
        return {"__type": self.kind, "message": self.message, **self.fields}


class Missing(CkanError):
    """There is no such thing, or nobody may know of it."""

    kind = "Not Found Error"
    status = 404


class Forbidden(CkanError):
    """The caller may not."""

    kind = "Authorization Error"
    status = 403


class Invalid(CkanError):
    """A parameter is missing or wrong; each with what is wrong."""

    kind = "Validation Error"
    status = 409

    def __init__(self, **fields: list[str]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()), **fields)

    def body(self) -> dict[str, Any]:
        """Return the error object; CKAN's has no message here."""
        return {"__type": self.kind, **self.fields}


class BadQuery(CkanError):
    """The search cannot be understood."""

    kind = "Search Query Error"
    status = 409
