"""What the back office learns from us."""

from wagtail import hooks

from stadtkern.dashboards.choosers import DatastreamChooserViewSet, datastream_chooser


@hooks.register("register_admin_viewset")
def register_datastream_chooser() -> DatastreamChooserViewSet:
    """Offer the dialogue that chooses a series of measurements."""
    return datastream_chooser
