"""The back office in a browser: somebody who signs in, and a day's work to look at."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.timezone import localdate
from playwright.sync_api import Page
from wagtail.users.models import UserProfile

from stadtkern.base import clock
from stadtkern.contracts.connector import Context, Reading
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.folders import OWN
from stadtkern.lorawan.models import Device, DeviceProfile, Gateway
from stadtkern.lorawan.own import ORIGIN
from stadtkern.lorawan.services import enrol, redecode, start_redecoding
from stadtkern.lorawan.services.profiles import import_folder
from stadtkern.observations.derived.models import DerivedStream
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.quality import QualityFlag
from stadtkern.observations.services import record
from stadtkern.observations.upkeep.models import LogEntry
from stadtkern.observations.upkeep.services import mark_range
from stadtkern.people.keys import create_key
from stadtkern.people.models import User
from stadtkern.people.services import add_person
from stadtkern.warnings.models import Alert, Channel, Rule, Severity, Ticket
from tests.browser.conftest import Visit
from tests.lorawan.conftest import NOON, event

PASSWORD = "Neisse-Bruecke-1908"  # noqa: S105  # of nobody
GAUGE = "brandenburg-flood:6602800:water_level"
WATER = bytes((2, 181, 7, 48, 0, 84))
OF_WAGTAIL = "landmark-unique"
"""The frame around our pages is Wagtail's own."""
CUT_OFF = """() => [...document.querySelectorAll('.nice-padding *')].filter(one => {
  const box = one.getBoundingClientRect();
  if (box.width < 2 || box.right <= innerWidth + 1) return false;
  for (let above = one.parentElement; above; above = above.parentElement)
    if (['auto', 'scroll'].includes(getComputedStyle(above).overflowX)) return above.tabIndex !== 0;
  return true;
}).map(one => one.outerHTML.slice(0, 80)).slice(0, 3)"""


def sign_in(page: Page, address: str, user: User, *, language: str = "en") -> None:
    """Give the browser a session of somebody who reads the back office in a language."""
    preferences = UserProfile.get_for_user(user)
    preferences.preferred_language = language
    preferences.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    key = session.session_key or ""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])


def press_until(page: Page, label: str, most: int = 120) -> None:
    """Press Tab until the element with a name has the focus."""
    for _number in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return (e.ariaLabel || (l ? l.innerText : '') || e.innerText || '').trim() })()"
        )
        if found.lower().startswith(label.lower()):
            return
    raise AssertionError(f"the keyboard does not reach {label!r}")


def faults(seen: Visit) -> list[str]:
    """Return what is wrong with the open page of the back office."""
    found = [line for line in [*seen.problems, *seen.axe()] if OF_WAGTAIL not in line]
    found += [f"cut off: {one}" for one in seen.page.evaluate(CUT_OFF)]
    if wide := seen.sideways():
        found.append(f"{wide} px too wide")
    return found


def hear(eui: str, count: int = 3) -> Device:
    """Bring our device profiles in, and hear a device that nobody has set up."""
    import_folder(Path(OWN), origin=ORIGIN)
    source, _is_new = Source.objects.get_or_create(
        slug="lora", defaults={"connector": "chirpstack_v4", "title": {"en": "LoRa"}}
    )
    minutes = round((clock.now() - NOON) / timedelta(minutes=1)) - 5
    for number in range(count):
        body = event(WATER, eui=eui, minute=minutes + number, fCnt=number)
        receive(source, body, Context(topic="application/town/device/x/event/up", received=clock.now()))
    return Device.objects.get(eui=eui)


@pytest.fixture
def alice(guben: Path) -> User:  # noqa: ARG001  # the town has to be there
    """Return an administrator who has a key."""
    found = add_person("alice@guben.example", password=PASSWORD, roles=["admin", "editor"])
    create_key("Zähler an der Brücke", person=found, scopes=["sta:read", "sta:write"], by=None)
    return found


@pytest.fixture
def day(alice: User) -> dict[str, Any]:
    """Let a day pass: a flood, refused readings, a mark, an overdue calibration, a device."""
    now = clock.now()
    gauge = Datastream.objects.select_related("profile").get(key=GAUGE)
    thing = Thing.objects.get(key="6602800")
    for value, unit in ((10.0**6, "cm"), (3.0, "furlong")):
        reading = Reading(
            thing=thing.key,
            observed_property="water_level",
            unit=unit,
            phenomenon_time=now - timedelta(minutes=1),
            result=value,
        )
        record([reading], source="brandenburg-flood", profile=gauge.profile)
    mark_range(
        gauge,
        start=now - timedelta(hours=9),
        end=now - timedelta(hours=6),
        flag=QualityFlag.QUESTIONABLE,
        comment="Treibholz lag vor dem Pegel",
        by=alice,
    )
    entry = LogEntry.objects.create(
        thing=thing,
        kind=LogEntry.Kind.CALIBRATION,
        date=localdate() - timedelta(days=400),
        note="Mit dem Lattenpegel verglichen: 1 cm Unterschied",
        next_due=localdate() - timedelta(days=35),
        made_by=alice,
        made_at=now,
    )
    alert = Alert.objects.create(
        subject="walk",
        datastream=gauge,
        title={"de": "Hochwasserrückhaltebeckenverordnung beachten", "pl": "Wysoka woda na Nysie"},
        severity=Severity.DANGER,
        is_public=True,
        begun=now,
        raised=now,
        value=482,
        peak=482,
        limit=460,
        created=now,
    )
    Ticket.objects.create(title="Sperrung der Uferwege prüfen", alert=alert, due=now, created=now)
    stranger, device = hear("70B3D57ED0059998"), hear("70B3D57ED0059999")
    device.name, device.profile = "Egelneiße", DeviceProfile.objects.get(key="stadtkern/water-level")
    enrol(device)
    redecoding = redecode(start_redecoding(device=device, by=alice))
    return {
        "gauge": gauge.pk,
        "thing": thing.pk,
        "entry": entry.pk,
        "alert": alert.pk,
        "channel": Channel.objects.order_by("pk")[0].pk,
        "device": device.pk,
        "stranger": stranger.pk,
        "profile": device.profile.pk,
        "redecoding": redecoding.pk,
        "gateway": Gateway.objects.order_by("pk")[0].pk,
        "derived": DerivedStream.objects.order_by("pk")[0].pk,
        "rule": Rule.objects.order_by("pk")[0].pk,
        "source": Source.objects.get(slug="brandenburg-flood").pk,
    }
