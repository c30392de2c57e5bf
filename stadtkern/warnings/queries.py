"""Lists of the back office."""

from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet

from stadtkern.base import clock
from stadtkern.warnings.models import Alert, Channel, Delivery, Rule, Ticket

MONTH = timedelta(days=30)


def rules_with_counts() -> QuerySet[Rule]:
    """Return all rules with the number of standing alerts and of those of the last month."""
    recent = Q(alerts__raised__gte=clock.now() - MONTH, alerts__is_withdrawn=False)
    standing = Q(alerts__ended__isnull=True, alerts__pk__isnull=False)
    return (
        Rule.objects.annotate(
            standing=Count("alerts", filter=standing, distinct=True),
            recent=Count("alerts", filter=recent, distinct=True),
        )
        .prefetch_related(
            "conditions__datastream__thing",
            "conditions__datastream__observed_property",
            "conditions__observed_property",
            "channels",
        )
        .order_by("slug")
    )


def alerts_for_list(*, only_standing: bool = False) -> QuerySet[Alert]:
    """Return alerts, standing ones first, then the newest."""
    found = Alert.objects.newest_first().order_by(F("ended").desc(nulls_first=True), "-raised", "-pk")
    return found.standing() if only_standing else found


def channels_with_counts() -> QuerySet[Channel]:
    """Return all ways of telling with the messages of the last month."""
    recent = Q(deliveries__created__gte=clock.now() - MONTH)
    return Channel.objects.annotate(
        sent=Count("deliveries", filter=recent & Q(deliveries__state=Delivery.State.SENT)),
        failed=Count("deliveries", filter=recent & Q(deliveries__state=Delivery.State.FAILED)),
        waiting=Count("deliveries", filter=Q(deliveries__state=Delivery.State.QUEUED)),
    ).order_by("name")


def tickets_for_list() -> QuerySet[Ticket]:
    """Return tasks, open ones first by their due date, then those done last."""
    return Ticket.objects.select_related("owner", "alert").order_by(
        F("done_at").desc(nulls_first=True), "due", "pk"
    )
