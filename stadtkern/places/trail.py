"""Areas and addresses in the audit trail."""

from hashlib import sha256

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from stadtkern.people.audit import audited
from stadtkern.people.models import User
from stadtkern.places.models import Address, Area

OUTLINE = "stadtkern.places.trail.short_outline"


def short_outline(text: str) -> str:
    """Return a mark instead of thousands of coordinates: whether an outline changed can be told by it."""
    return f"#{sha256(text.encode()).hexdigest()[:12]}" if text not in {"", "None"} else ""


def register_models() -> None:
    """Watch areas and addresses."""
    audited(Area, mask_fields=["geometry"], mask_callable=OUTLINE)
    audited(Address, exclude_fields=["number_order"])


def note_import(kind: str, *, file: str, created: int, updated: int, by: User | None) -> None:
    """Write one line for a whole file: ten thousand addresses would bury everything else."""
    model = Area if kind == "areas" else Address
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(model),
        object_pk="",
        object_repr=f"{file}: +{created}, ~{updated}"[:2000],
        action=LogEntry.Action.UPDATE if updated else LogEntry.Action.CREATE,
        actor=by,
        changes={},
    )
