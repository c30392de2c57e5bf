"""The application."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Datasets."""

    name = "stadtkern.catalogue"
    verbose_name = _("Open data")

    def ready(self) -> None:
        """Keep the trail of what people may change, and tell those below us what we have."""
        from django.db.models.signals import post_delete, post_migrate  # noqa: PLC0415  # models are loaded only now
        from wagtail.signals import published  # noqa: PLC0415

        from stadtkern.catalogue import current, geodata, holdings, models, search  # noqa: PLC0415
        from stadtkern.catalogue.services import approval, retention  # noqa: PLC0415
        from stadtkern.features import access  # noqa: PLC0415
        from stadtkern.governance import register  # noqa: PLC0415
        from stadtkern.governance.retention import register as add_rule  # noqa: PLC0415
        from stadtkern.people import rights  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415
        from stadtkern.search import facets, subjects  # noqa: PLC0415

        register.add_holder("catalogue", count=holdings.count, list_items=holdings.list_items)
        rights.watch(models.Dataset)
        subjects.register(search.SUBJECT)
        current.register("search", search.follow)
        facets.register("theme", search.theme_titles)
        facets.register("publisher", search.publisher_titles)
        facets.register("format", search.format_titles)
        facets.register("language", search.language_titles)
        audited(models.Agent)
        audited(models.DatasetSeries)
        audited(models.DataService)
        audited(models.Distribution)
        audited(models.Dataset, exclude_fields=["latest_revision", "live_revision"])
        audited(
            models.Version, include_fields=["number", "is_current", "is_proposed", "note", "original_name"]
        )
        audited(models.Pull, include_fields=["url", "every", "is_on"])
        published.connect(
            approval.after_publishing, sender=models.Dataset, dispatch_uid="catalogue-published"
        )
        post_migrate.connect(approval.create_workflow, sender=self, dispatch_uid="catalogue-workflow")
        post_delete.connect(retention.delete_files, sender=models.Version, dispatch_uid="catalogue-files")
        current.register("features", geodata.fill)
        access.register(geodata.SOURCE, geodata.references)
        published.connect(_refresh_layers, sender=models.Dataset, dispatch_uid="catalogue-layers")
        add_rule("catalogue.layers", geodata.tidy)
        add_rule("catalogue.unpublished_files", retention.delete_unpublished)
        add_rule("catalogue.fetched_versions", retention.delete_fetched)
        add_rule("catalogue.left_behind_files", retention.delete_left_behind)
        add_rule("catalogue.follow_ups", retention.delete_done)


def _refresh_layers(instance: Any, **_facts: Any) -> None:  # noqa: ANN401  # a receiver of `published`
    """Give the layers of a dataset its new title."""
    from stadtkern.catalogue import geodata  # noqa: PLC0415  # models are loaded only now

    geodata.refresh(instance)
