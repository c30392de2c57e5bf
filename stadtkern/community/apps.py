"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunityConfig(AppConfig):
    """People around data."""

    name = "stadtkern.community"
    verbose_name = _("People around data")

    def ready(self) -> None:
        """Count, tell, forget, and stand on the pages of datasets."""
        from stadtkern.catalogue import access, current, page_parts, uses  # noqa: PLC0415  # models are loaded only now
        from stadtkern.community import models, parts, personal  # noqa: PLC0415
        from stadtkern.community.services import closed, counting, events, retention  # noqa: PLC0415
        from stadtkern.governance import retention as rules  # noqa: PLC0415
        from stadtkern.people import personal_data  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415

        uses.register("community", counting.count)
        current.register("community.events", events.new_version)
        access.add_ground("community", closed.granted_to)
        access.on_closed_read(closed.log_read)
        for slug, title, render in parts.PARTS:
            page_parts.register(slug, title, render)
        for name, rule in retention.RULES.items():
            rules.register(f"community.{name}", rule)
        personal_data.register("community", export=personal.export, erase=personal.erase)
        audited(models.Offer)
        audited(models.AccessRequest)
        audited(models.DataRequest, exclude_fields=["author", "votes_count"])
        audited(models.Reuse, exclude_fields=["email"])
        audited(models.Answer)
