"""Our place in the back office."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView
from wagtail import hooks


@hooks.register("register_admin_urls")
def warning_urls() -> list[URLPattern]:
    """Return the addresses of the pages about rules and alerts."""
    return [path("alerts/<int:pk>/", RedirectView.as_view(url="/"), name="alert")]
