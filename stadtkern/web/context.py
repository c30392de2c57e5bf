"""What every page knows."""

from django.http import HttpRequest


def town(request: HttpRequest) -> dict[str, object]:
    """Return the facts of the town that header and footer show."""
    return {}
