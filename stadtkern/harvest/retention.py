"""The tables here that grow, and when their rows end."""

from datetime import datetime, timedelta

from stadtkern.harvest.models import HarvestRecord, HarvestResult, HarvestRun

RESULTS_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=400)
TOMBSTONES_KEPT = timedelta(days=400)
TOGETHER = 5000


def delete_results(moment: datetime) -> int:
    """End what runs did with single records; the counts of the runs stay longer."""
    count = 0
    rows = HarvestResult.objects.filter(run__finished_at__lt=moment - RESULTS_KEPT)
    while keys := list(rows.values_list("pk", flat=True)[:TOGETHER]):
        count += HarvestResult.objects.filter(pk__in=keys).delete()[0]
    return count


def delete_runs(moment: datetime) -> int:
    """End old runs."""
    return HarvestRun.objects.filter(finished_at__lt=moment - RUNS_KEPT).delete()[0]


def delete_gone_records(moment: datetime) -> int:
    """Forget records that vanished long ago; the tombstones of their datasets stay."""
    limit = moment - TOMBSTONES_KEPT
    gone = HarvestRecord.objects.filter(state=HarvestRecord.State.GONE, last_seen__lt=limit)
    return gone.delete()[0]
