"""Fill a new demo town: logins, the last days, past years."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from stadtkern.base.clock import now
from stadtkern.config.commands.demo import LOGINS
from stadtkern.config.demo import history, state
from stadtkern.config.demo.payloads import FORMATS, HEIGHT_MM
from stadtkern.config.demo.scenario import Scenario
from stadtkern.lorawan.folders import OWN
from stadtkern.lorawan.models import Device, DeviceProfile
from stadtkern.lorawan.services import enrol
from stadtkern.lorawan.services.profiles import import_folder
from stadtkern.people.models import User
from stadtkern.people.services import add_person

INTERVAL_OF_DEVICES = timedelta(hours=1)
RECENT_DAYS = 2
RECENT_HOURS_OF_DEVICES = 12
OLDER_DAYS = 30
OLDER_YEARS = 4


def logins() -> None:
    """Create the accounts of the demo, unless they are there."""
    for mail, password, role in LOGINS:
        if User.objects.filter(email=mail).exists():
            continue
        add_person(mail, password=password, roles=[role], first_name=role.title(), last_name="Demo")


def scenario(town_dir: Path) -> tuple[state.Demo, Scenario] | None:
    """Return what is played, None in a demo with live sources."""
    demo = state.load(settings.DATA_DIR)
    if demo is None or demo.mode != "replay":
        return None
    return demo, Scenario(town_dir / "demo", started=demo.start, flood=demo.flood)


def devices(town_dir: Path) -> None:
    """Set the LoRaWAN devices up that send raw bytes, with our own codecs."""
    import_folder(OWN, origin="stadtkern")
    profiles = {profile.key: profile for profile in DeviceProfile.objects.all()}
    for one in Scenario(town_dir / "demo", started=now()).devices:
        eui = one.eui.upper()
        if one.kind in FORMATS and not Device.objects.enrolled().filter(eui=eui).exists():
            device = Device.objects.filter(eui=eui).first() or Device(eui=eui)
            device.name, device.profile, device.source = (
                one.name,
                profiles[FORMATS[one.kind][0]],
                "town-sensors",
            )
            device.longitude, device.latitude = one.longitude, one.latitude
            device.interval, device.application = INTERVAL_OF_DEVICES, "town"
            device.variables = {"height_mm": str(HEIGHT_MM)} if one.kind == "level" else {}
            enrol(device)


def recent(town_dir: Path) -> None:
    """Bring the last days in, so that the first look shows curves."""
    if found := scenario(town_dir):
        history.bring_in(history.http_bodies(found[1], now(), days=RECENT_DAYS))
        history.bring_in(history.device_bodies(found[1], now(), hours=RECENT_HOURS_OF_DEVICES))


def older(town_dir: Path) -> None:
    """Bring weeks and past years in, while the town is already running."""
    if found := scenario(town_dir):
        history.bring_in(history.http_bodies(found[1], found[0].start, days=OLDER_DAYS))
        history.bring_in(history.older_levels(found[1], found[0].start, years=OLDER_YEARS))
