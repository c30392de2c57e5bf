"""Device profiles and codecs in the database: from folders, or written here."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.mapping import read_meanings
from stadtkern.lorawan.engine.pool import Script
from stadtkern.lorawan.folders import Contents, FoundCodec, FoundProfile, read_folder
from stadtkern.lorawan.models import Codec, DeviceProfile
from stadtkern.lorawan.services.decoding import codec_pool
from stadtkern.people.models import User

MOST_EXAMPLES = 20


@dataclass
class Imported:
    """What an import did."""

    codecs_made: int = 0
    codecs_changed: int = 0
    profiles_made: int = 0
    profiles_changed: int = 0
    problems: list[str] = field(default_factory=list)
    changed_codecs: list[str] = field(default_factory=list)
    """Whose devices should be decoded once more."""


def require(user: User | None) -> None:
    """Refuse a person who may not change codecs: they are programs."""
    if user is not None and not user.has_perm("lorawan.change_codec"):
        raise NotPermitted(_("Only editors may change codecs."))


def import_folder(folder: Path, *, origin: str = "", by: User | None = None) -> Imported:
    """Bring the codecs and profiles of a folder in; what is there already is brought up to date."""
    require(by)
    return import_contents(read_folder(folder), origin=origin or folder.name)


def import_contents(contents: Contents, *, origin: str) -> Imported:
    """Bring codecs and profiles in, all in one transaction."""
    done = Imported(problems=list(contents.problems))
    with transaction.atomic():
        codecs = {
            key: codec
            for key, found in contents.codecs.items()
            if (codec := _import_codec(found, origin, done)) is not None
        }
        known = {one.key: one for one in DeviceProfile.objects.all()}
        for profile in contents.profiles:
            _import_profile(profile, codecs, known.get(profile.key), origin, done)
    return done


def _import_codec(found: FoundCodec, origin: str, done: Imported) -> Codec | None:
    try:
        script = Script.of(found.script)
        codec_pool().functions(script)
    except BadInput as error:
        done.problems.append(f"{found.key}: {error}")
        return None
    codec = Codec.objects.filter(key=found.key).first()
    if codec is not None and codec.digest == script.digest:
        return codec
    done.codecs_made += codec is None
    done.codecs_changed += codec is not None
    if codec is not None:
        done.changed_codecs.append(found.key)
    codec = codec or Codec(key=found.key)
    codec.script, codec.digest, codec.origin, codec.changed = script.text, script.digest, origin[:200], now()
    codec.examples = _examples(found)
    codec.save()
    return codec


def _examples(found: FoundCodec) -> list[dict[str, Any]]:
    uplinks = [one for one in found.examples if one.kind == "uplink"]
    return [
        {"name": one.name[:200], "bytes": one.call["bytes"], "port": one.call["fPort"]}
        for one in uplinks[:MOST_EXAMPLES]
    ]


def _import_profile(
    found: FoundProfile,
    codecs: dict[str, Codec],
    profile: DeviceProfile | None,
    origin: str,
    done: Imported,
) -> None:
    try:
        read_meanings(list(found.fields))
    except ValueError as error:
        done.problems.append(f"{found.key}: fields, {error}")
        return
    is_new = profile is None
    profile = profile or DeviceProfile(key=found.key)
    facts: dict[str, Any] = {
        "vendor": found.vendor[:200],
        "name": found.name[:200],
        "description": found.description[:2000],
        "codec": codecs.get(found.codec),
        "fields": list(found.fields),
        "interval": timedelta(minutes=found.interval_minutes) if found.interval_minutes else profile.interval,
        "vendor_number": found.vendor_number,
        "profile_number": found.profile_number,
        "homepage": found.homepage[:500],
        "origin": origin[:200],
    }
    if not is_new and all(getattr(profile, name) == value for name, value in facts.items()):
        return
    for name, value in facts.items():
        setattr(profile, name, value)
    profile.save()
    done.profiles_made += is_new
    done.profiles_changed += not is_new


def save_codec(codec: Codec, script: str, *, by: User | None = None) -> Codec:
    """Store the program of a codec that somebody wrote or mended.

    Raises
    ------
    BadInput
        if it cannot be loaded or decodes nothing; the text names the line.
    """
    require(by)
    checked = Script.of(script.replace("\r\n", "\n"))
    offered = codec_pool().functions(checked)
    if not set(offered) & {"decodeUplink", "Decoder", "Decode"}:
        raise BadInput(_("The codec has no function decodeUplink(input)."))
    codec.script, codec.digest, codec.changed = checked.text, checked.digest, now()
    codec.save()
    return codec


def by_label(vendor: int, profile: int) -> DeviceProfile | None:
    """Return the kind of device that the label of a device names, None if it is not known here."""
    if not vendor and not profile:
        return None
    found = DeviceProfile.objects.filter(vendor_number=vendor, profile_number=profile)[:2]
    return found[0] if len(found) == 1 else None
