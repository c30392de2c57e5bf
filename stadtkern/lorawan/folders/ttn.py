"""The layout of The Things Stack device repository.

`vendor/index.yaml` lists the makers, `vendor/<maker>/index.yaml` their devices, `<device>.yaml` names a codec
for each firmware and region, `<codec>.yaml` names the programs and gives examples.
https://github.com/TheThingsNetwork/lorawan-devices (the layout only; nothing of it is in here)

Our own device files may hold a further part `stadtkern:` with `fields` and `interval_minutes`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from stadtkern.lorawan.folders.contents import (
    Contents,
    FoundCodec,
    FoundExample,
    FoundProfile,
    objects,
    octets,
    read_text,
    text_of,
)

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TIME = "2026-01-01T12:00:00Z"


def root_of(folder: Path) -> Path | None:
    """Return the folder with the makers in it, None if there is none."""
    for root in (folder / "vendor", folder):
        if (root / "index.yaml").is_file():
            return root
    return None


def load(root: Path, path: Path) -> Mapping[str, Any]:
    """Return a YAML file; `ValueError` says why it cannot be used."""
    try:
        document = yaml.load(read_text(root, path), Loader=Loader)  # noqa: S506  # the safe loader, in C
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name}: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(document, Mapping):
        raise ValueError(f"{path.name} holds no object")  # noqa: TRY004  # a bad file, not a bug
    return document


def read(root: Path) -> Contents:
    """Return everything under the folder of the makers."""
    contents = Contents()
    try:
        index = load(root, root / "index.yaml")
    except ValueError as error:
        contents.problems.append(str(error))
        return contents
    if not index.get("vendors") and index.get("endDevices"):
        _read_vendor(contents, root.parent, root, {"id": root.name, "name": root.name})
    for vendor in objects(index.get("vendors")):
        folder = root / text_of(vendor, "id")
        if (folder / "index.yaml").is_file():
            _read_vendor(contents, root, folder, vendor)
    return contents


def _read_vendor(contents: Contents, root: Path, folder: Path, vendor: Mapping[str, Any]) -> None:
    try:
        index = load(root, folder / "index.yaml")
    except ValueError as error:
        contents.problems.append(f"{folder.name}: {error}")
        return
    names = index.get("endDevices")
    for name in names if isinstance(names, list) else []:
        try:
            _read_device(contents, root, folder, str(name), vendor)
        except (ValueError, TypeError) as error:
            contents.problems.append(f"{folder.name}/{name}: {error}")


def _read_device(contents: Contents, root: Path, folder: Path, name: str, vendor: Mapping[str, Any]) -> None:
    device = load(root, folder / f"{name}.yaml")
    codec_name = _codec_name(device)
    key = f"{folder.name}/{codec_name}" if codec_name else ""
    if key and key not in contents.codecs:
        contents.codecs[key] = _read_codec(contents, root, folder, codec_name)
    own = device.get("stadtkern")
    own = own if isinstance(own, Mapping) else {}
    fields, minutes = own.get("fields"), own.get("interval_minutes")
    contents.profiles.append(
        FoundProfile(
            key=f"{folder.name}/{name}",
            vendor=text_of(vendor, "name") or folder.name,
            name=text_of(device, "name") or name,
            description=text_of(device, "description"),
            codec=key,
            fields=[str(line) for line in fields] if isinstance(fields, list) else [],
            interval_minutes=float(minutes) if isinstance(minutes, int | float) else None,
            vendor_number=vendor.get("vendorID") if isinstance(vendor.get("vendorID"), int) else None,
            profile_number=_profile_number(device),
            homepage=text_of(device, "productURL"),
        )
    )


def _profiles(device: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the profiles of a device by region, the newest firmware first, Europe first."""
    for firmware in reversed(objects(device.get("firmwareVersions"))):
        regions = firmware.get("profiles")
        if isinstance(regions, Mapping):
            for region in sorted(regions, key=lambda one: (not str(one).startswith("EU86"), str(one))):
                if isinstance(regions[region], Mapping):
                    yield regions[region]


def _codec_name(device: Mapping[str, Any]) -> str:
    return next((text_of(profile, "codec") for profile in _profiles(device) if profile.get("codec")), "")


def _profile_number(device: Mapping[str, Any]) -> int | None:
    for name in ("vendorProfileID", "vendorProfileId"):
        numbers = (profile.get(name) for profile in (*_profiles(device), device))
        found = next((number for number in numbers if isinstance(number, int)), None)
        if found is not None:
            return found
    return None


PARTS = {"uplinkDecoder": "uplink", "downlinkEncoder": "encode", "downlinkDecoder": "decode"}


def _read_codec(contents: Contents, root: Path, folder: Path, name: str) -> FoundCodec:
    document = load(root, folder / f"{name}.yaml")
    files: dict[str, str] = {}
    examples: list[FoundExample] = []
    for part, kind in PARTS.items():
        entry = document.get(part)
        if not isinstance(entry, Mapping) or not text_of(entry, "fileName"):
            continue
        file = text_of(entry, "fileName")
        files.setdefault(file, read_text(root, folder / file))
        for number, example in enumerate(objects(entry.get("examples")), start=1):
            try:
                examples += _examples(kind, example, f"example {number}")
            except ValueError as error:
                contents.problems.append(f"{folder.name}/{name}, {part}, example {number}: {error}")
    if not files:
        raise ValueError(f"{name}.yaml names no program")
    return FoundCodec(key=f"{folder.name}/{name}", script="\n".join(files.values()), examples=examples)


def _examples(kind: str, example: Mapping[str, Any], default: str) -> Iterator[FoundExample]:
    given, expected = example.get("input"), example.get("output")
    if not isinstance(given, Mapping) or not isinstance(expected, Mapping):
        raise ValueError("input or output is missing")  # noqa: TRY004  # a bad file, not a bug
    name = text_of(example, "description") or default
    port = given.get("fPort")
    port = port if isinstance(port, int) else 1
    if kind == "encode":
        call: dict[str, Any] = {"data": given.get("data"), "fPort": port}
    else:
        call = {"bytes": octets(given.get("bytes")), "fPort": port, "time": _time(given)}
    yield FoundExample(kind=kind, name=name, call=call, expected=expected)  # type: ignore[arg-type]  # of PARTS
    normal = example.get("normalizedOutput")
    if kind == "uplink" and isinstance(normal, Mapping):
        yield FoundExample(kind="normalized", name=f"{name}, normalised", call=call, expected=normal)


def _time(given: Mapping[str, Any]) -> str:
    written = given.get("recvTime")
    if isinstance(written, datetime):
        return written.isoformat()
    return written if isinstance(written, str) else TIME
