"""The part of the program that brings readings in."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Makes the rest of the program know about us."""

    name = "stadtkern.ingest"

    def ready(self) -> None:
        """Register what grows, what is counted and what is audited."""
        from stadtkern.governance import retention as ends  # noqa: PLC0415  # models are loaded only now
        from stadtkern.ingest import retention, telling  # noqa: PLC0415
        from stadtkern.ingest.metrics import collect  # noqa: PLC0415
        from stadtkern.ingest.models import Source  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415
        from stadtkern.web import metrics  # noqa: PLC0415

        ends.register("ingest.validators", retention.delete_validators)
        ends.register("ingest.outgoing", retention.delete_outgoing)
        ends.register("ingest.topics", retention.delete_topics)
        ends.register("ingest.news", retention.delete_news)
        ends.register("ingest.sessions", retention.delete_sessions)
        telling.listen()
        metrics.register(collect)
        audited(Source, exclude_fields=["key_salt", "key_hash"])
