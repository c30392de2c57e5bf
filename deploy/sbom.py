"""The bill of materials: what of others is in Stadtkern, in which version, under which licence.

python deploy/sbom.py [-o stadtkern.cdx.json]

CycloneDX 1.6, made without a network from what the repository holds: the locked libraries
(`requirements/run.txt`; licences from the installed packages) and the scripts, styles and fonts that lie in
`vendor` folders named `<name>-<version>` (their licences from `REUSE.toml`).
"""

import argparse
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([\w.-]+)==(\S+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VENDORED = re.compile(r"(?P<name>.+)-(?P<version>\d[\w.]*)")
NPM = {
    "fira-sans": ("@fontsource", "fira-sans"),
    "htmx": (None, "htmx.org"),
    "kern": ("@kern-ux", "native"),
    "maplibre-gl": (None, "maplibre-gl"),
    "uplot": (None, "uplot"),
}
"""Names of vendored folders in the registry they were taken from."""
UNKNOWN = {"", "UNKNOWN"}
SPDX = {
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
}
"""What packages write who do not yet write SPDX; "BSD" leaves open which of them, and so it stays."""


@dataclass(slots=True)
class Locked:
    """A library as the lock file has it."""

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)


def locked(path: Path) -> list[Locked]:
    """Return the libraries of a lock file made by `uv pip compile --generate-hashes`."""
    found: list[Locked] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if pinned := PINNED.match(line):
            found.append(Locked(pinned[1], pinned[2]))
        elif hashed := HASH.search(line):
            found[-1].hashes.append(hashed[1])
        elif parent := re.match(r"\s+#(?: {3}| via )(\S+)", line):
            found[-1].needed_by.append(parent[1])
    return found


def licence_of(name: str) -> str:
    """Return the licence that an installed package names, empty if it names none or is not installed."""
    try:
        facts = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expression := facts.get("License-Expression"):
        return str(expression)
    classified = [c.rpartition(" :: ")[2] for c in facts.get_all("Classifier", []) if "License ::" in c]
    written = (facts.get("License") or "").strip()
    # some put the whole text of the licence there
    short = written if written not in UNKNOWN and "\n" not in written else ""
    named = [short] if short else [one for one in classified if one != "OSI Approved"]
    return " OR ".join(SPDX.get(one, one) for one in named)


def library(item: Locked) -> Component:
    """Return a locked library as a component."""
    licence = licence_of(item.name)
    files = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in item.hashes]
    source = XsUri(f"https://pypi.org/project/{item.name}/{item.version}/")
    return Component(
        name=item.name,
        version=item.version,
        bom_ref=f"pypi:{item.name}@{item.version}",
        purl=PackageURL("pypi", None, item.name, item.version),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=source, hashes=files)
        ],
    )


def vendored() -> Iterator[tuple[Path, str, str]]:
    """Yield folder, name and version of everything vendored into the package."""
    for folder in sorted((ROOT / "stadtkern").glob("**/static/**/vendor/*")):
        found = VENDORED.fullmatch(folder.name)
        if not found:
            raise ValueError(f"{folder.relative_to(ROOT)} does not say its version")
        yield folder, found["name"], found["version"]


def annotations() -> dict[str, dict[str, Any]]:
    """Return what `REUSE.toml` says of the paths it names."""
    entries = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    return {entry["path"].removesuffix("/**"): entry for entry in entries}


def vendored_component(folder: Path, name: str, version: str) -> Component:
    """Return a vendored folder as a component, with its files."""
    entry = annotations()[folder.relative_to(ROOT).as_posix()]
    group, npm_name = NPM[name]
    files = [
        Component(
            type=ComponentType.FILE,
            name=path.relative_to(folder).as_posix(),
            bom_ref=f"file:{path.relative_to(ROOT).as_posix()}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256(path.read_bytes()).hexdigest())],
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return Component(
        name=npm_name,
        group=group,
        version=version,
        bom_ref=f"npm:{name}",
        purl=PackageURL("npm", group, npm_name, version),
        copyright=entry["SPDX-FileCopyrightText"],
        licenses=[LicenseFactory().make_from_string(entry["SPDX-License-Identifier"])],
        components=files,
    )


def needed_by(name: str, items: list[Locked], libraries: list[Component]) -> list[Component]:
    """Return the libraries that `name` needs, in all versions locked for different Pythons."""
    return [part for item, part in zip(items, libraries, strict=True) if name in item.needed_by]


def bill() -> Bom:
    """Return the bill of materials of this checkout."""
    said = (ROOT / "stadtkern" / "__init__.py").read_text(encoding="utf-8")
    version = re.findall(r'__version__ = "([^"]+)"', said)[0]
    town = Component(
        type=ComponentType.APPLICATION,
        name="stadtkern",
        version=version,
        bom_ref="stadtkern",
        licenses=[LicenseFactory().make_from_string("EUPL-1.2")],
    )
    items = locked(ROOT / "requirements" / "run.txt")
    libraries = [library(item) for item in items]
    parts = [vendored_component(*found) for found in vendored()]
    made = Bom(components=[*libraries, *parts])
    made.metadata.component = town
    purls = " ".join(str(component.purl) for component in made.components)
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{version} {purls}")
    made.register_dependency(town, [*needed_by("stadtkern", items, libraries), *parts])
    for item, component in zip(items, libraries, strict=True):
        made.register_dependency(component, needed_by(item.name, items, libraries))
    return made


def main() -> int:
    """Write the bill of materials; refuse one that does not fit the schema."""
    parser = argparse.ArgumentParser(description="Write the bill of materials as CycloneDX JSON.")
    parser.add_argument("-o", "--output", type=Path, help="default: standard output")
    given = parser.parse_args()
    text = JsonV1Dot6(bill()).output_as_string(indent=2) + "\n"
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.stderr.write(f"the bill of materials does not fit the schema: {problem}\n")
        return 1
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
