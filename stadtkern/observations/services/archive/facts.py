"""What a file of the archive says of itself."""

import json
from datetime import datetime

from django.utils.translation import override

from stadtkern import __version__
from stadtkern.base.clock import now
from stadtkern.base.units import symbol
from stadtkern.observations.models import Datastream
from stadtkern.observations.quality import CHECK_NAMES, QualityFlag
from stadtkern.observations.services.archive.files import MEANING


def facts_of(stream: Datastream, month: datetime) -> dict[str, str]:
    """Return the metadata of a file of one month, all in English; what is not known is left out."""
    profile, point = stream.profile, stream.thing.location
    with override("en"):
        facts = {
            "title": f"{stream.label}, {month:%Y-%m}",
            "month": f"{month:%Y-%m}",
            "datastream": stream.key,
            "datastream_id": str(stream.pk),
            "unit": stream.unit,
            "unit_symbol": symbol(stream.unit) or stream.unit,
            "thing": stream.thing.name or stream.thing.key,
            "thing_key": f"{stream.thing.source}:{stream.thing.key}",
            "longitude": "" if point is None else str(point.x),
            "latitude": "" if point is None else str(point.y),
            "observed_property": stream.observed_property.slug,
            "definition": stream.observed_property.definition,
            "sensor": "" if stream.sensor is None else stream.sensor.name,
            "is_forecast": str(stream.is_forecast).lower(),
            "columns": json.dumps(MEANING),
            "quality_flags": json.dumps({str(int(flag)): str(flag.label) for flag in QualityFlag}),
            "checks": json.dumps({str(int(check)): str(name) for check, name in CHECK_NAMES.items()}),
            "made": now().isoformat(timespec="seconds"),
            "made_by": f"Stadtkern {__version__}",
        }
        if profile is not None:
            facts |= {
                "profile": profile.slug,
                "purpose": profile.get_purpose(),
                "owner": profile.owner.get_name(),
                "licence": profile.licence,
                "licence_title": profile.licence_facts.title if profile.licence else "",
                "licence_url": profile.licence_facts.url if profile.licence else "",
                "attribution": profile.attribution,
            }
    return {name: value for name, value in facts.items() if value}
