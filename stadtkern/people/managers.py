"""How people are found and made."""

import secrets
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager

if TYPE_CHECKING:
    from stadtkern.people.models import User


def new_handle() -> str:
    """Return a random handle; a handle never gives the mail address away."""
    return f"person-{secrets.token_hex(6)}"


class PersonManager(BaseUserManager["User"]):
    """Accounts are made by mail address; the handle (`username`) is derived when none is given."""

    use_in_migrations = True

    def create_user(
        self,
        email: str,
        password: str | None = None,
        username: str | None = None,
        **fields: Any,  # noqa: ANN401
    ) -> "User":
        """Make an account that has no right beyond its roles."""
        return self._make(email, password, username, is_superuser=False, is_staff=False, **fields)

    def create_superuser(
        self,
        email: str,
        password: str | None = None,
        username: str | None = None,
        **fields: Any,  # noqa: ANN401
    ) -> "User":
        """Make an account that may do everything."""
        return self._make(email, password, username, is_superuser=True, is_staff=True, **fields)

    def _make(self, email: str, password: str | None, username: str | None, **fields: Any) -> "User":  # noqa: ANN401
        if not email or "@" not in email:
            raise ValueError(f"An account needs a mail address, not {email!r}.")
        user = self.model(
            email=self.normalize_email(email).lower(), username=username or new_handle(), **fields
        )
        user.set_password(password)
        user.save(using=self._db)
        return user
