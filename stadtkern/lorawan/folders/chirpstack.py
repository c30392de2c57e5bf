"""The layout of the ChirpStack device profiles.

`vendors/<maker>/vendor.toml`, `devices/<device>.toml` with the codec of each firmware, `codecs/<codec>.js`
with `codecs/test_decode_<codec>.json` and `codecs/test_encode_<codec>.json`.
https://github.com/chirpstack/chirpstack-device-profiles (the layout only; nothing of it is in here)

The test files are often written with remarks and hexadecimal numbers, which JSON does not know; they are then
read by the JavaScript engine of the codecs, in its process.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stadtkern.lorawan.engine.pool import Script
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

TIME = "2026-01-01T12:00:00Z"
KINDS = {"test_decode_": "uplink", "test_encode_": "encode"}


def root_of(folder: Path) -> Path | None:
    """Return the folder with the makers in it, None if there is none."""
    if (folder / "vendor.toml").is_file():
        return folder
    return next((root for root in (folder / "vendors", folder) if any(root.glob("*/vendor.toml"))), None)


def load(root: Path, path: Path) -> Mapping[str, Any]:
    """Return a TOML file; `ValueError` says why it cannot be used."""
    try:
        return tomllib.loads(read_text(root, path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from error


def read(root: Path) -> Contents:
    """Return everything under the folder of the makers."""
    contents = Contents()
    folders = (
        [root] if (root / "vendor.toml").is_file() else sorted(p.parent for p in root.glob("*/vendor.toml"))
    )
    for folder in folders:
        try:
            vendor = load(root, folder / "vendor.toml").get("vendor", {})
        except ValueError as error:
            contents.problems.append(f"{folder.name}: {error}")
            continue
        _read_vendor(contents, root, folder, vendor if isinstance(vendor, Mapping) else {})
    return contents


def _read_vendor(contents: Contents, root: Path, folder: Path, vendor: Mapping[str, Any]) -> None:
    for path in sorted(folder.glob("codecs/*.js")):
        try:
            codec = _read_codec(contents, root, folder, path)
        except ValueError as error:
            contents.problems.append(f"{folder.name}/{path.stem}: {error}")
            continue
        contents.codecs[codec.key] = codec
    for path in sorted(folder.glob("devices/*.toml")):
        try:
            contents.profiles.append(_profile(contents, root, folder, path, vendor))
        except (ValueError, TypeError) as error:
            contents.problems.append(f"{folder.name}/{path.stem}: {error}")


def _profile(
    contents: Contents, root: Path, folder: Path, path: Path, vendor: Mapping[str, Any]
) -> FoundProfile:
    device = load(root, path).get("device")
    if not isinstance(device, Mapping):
        raise ValueError("there is no [device]")  # noqa: TRY004  # a bad file, not a bug
    firmware = objects(device.get("firmware"))
    named = next((text_of(one, "codec") for one in reversed(firmware) if one.get("codec")), "")
    key = f"{folder.name}/{Path(named).stem}" if named else ""
    if key and key not in contents.codecs:
        contents.problems.append(f"{folder.name}/{path.stem}: there is no codec {named}")
        key = ""
    metadata = device.get("metadata")
    number = vendor.get("vendor_id")
    return FoundProfile(
        key=f"{folder.name}/{path.stem}",
        vendor=text_of(vendor, "name") or folder.name,
        name=text_of(device, "name") or path.stem,
        description=text_of(device, "description"),
        codec=key,
        vendor_number=number if isinstance(number, int) else None,
        profile_number=_profile_number(root, folder, firmware),
        homepage=text_of(metadata, "product_url") if isinstance(metadata, Mapping) else "",
    )


def _profile_number(root: Path, folder: Path, firmware: list[Mapping[str, Any]]) -> int | None:
    """Return the number that the maker gave the kind, out of the radio profile that the device names."""
    for one in reversed(firmware):
        names = one.get("profiles")
        for name in names if isinstance(names, list) else []:
            try:
                profile = load(root, folder / "profiles" / str(name)).get("profile")
            except ValueError:
                continue
            number = profile.get("vendor_profile_id") if isinstance(profile, Mapping) else None
            if isinstance(number, int) and number:
                return number
    return None


def _read_codec(contents: Contents, root: Path, folder: Path, path: Path) -> FoundCodec:
    examples: list[FoundExample] = []
    for prefix, kind in KINDS.items():
        tests = path.with_name(f"{prefix}{path.stem}.json")
        if not tests.is_file():
            continue
        for number, test in enumerate(objects(_load_tests(root, tests)), start=1):
            try:
                examples.append(_example(kind, test, f"test {number}"))
            except ValueError as error:
                contents.problems.append(f"{folder.name}/{tests.name}, test {number}: {error}")
    return FoundCodec(key=f"{folder.name}/{path.stem}", script=read_text(root, path), examples=examples)


def _load_tests(root: Path, path: Path) -> object:
    text = read_text(root, path)
    try:
        return json.loads(text)
    except ValueError:
        return _by_engine(text, path.name)


def _by_engine(text: str, name: str) -> object:
    from stadtkern.lorawan.services.decoding import codec_pool  # noqa: PLC0415  # only some folders need it

    script = Script.of(f"function decodeUplink() {{ return {{ data: {{ tests: (\n{text}\n) }} }}; }}")
    (found,) = codec_pool().run(script, "uplink", [{"bytes": [], "fPort": 1, "time": 0}])
    if found.errors:
        raise ValueError(f"{name} is no JSON: {found.errors[0]}")
    return found.data.get("tests")


def _example(kind: str, test: Mapping[str, Any], default: str) -> FoundExample:
    given, expected = test.get("input"), test.get("expected")
    if not isinstance(given, Mapping) or not isinstance(expected, Mapping):
        raise ValueError("input or expected is missing")  # noqa: TRY004  # a bad file, not a bug
    port = given.get("fPort")
    call: dict[str, Any] = {
        "fPort": port if isinstance(port, int) else 1,
        "variables": given.get("variables") or {},
    }
    if kind == "encode":
        call["data"] = given.get("data")
    else:
        call |= {"bytes": octets(given.get("bytes")), "time": _time(given)}
    return FoundExample(
        kind=kind,  # type: ignore[arg-type]  # of KINDS
        name=text_of(test, "name") or default,
        call=call,
        expected=expected,
    )


def _time(given: Mapping[str, Any]) -> str:
    written = given.get("recvTime")
    return written if isinstance(written, str) and written else TIME
