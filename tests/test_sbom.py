"""The bill of materials names all that is of others, and the papers of the repository agree with it."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "deploy" / "sbom.py"


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stadtkern_sbom", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_bill_names_every_locked_library_and_every_vendored_one(tmp_path: Path) -> None:
    target = tmp_path / "stadtkern.cdx.json"
    subprocess.run([sys.executable, str(SCRIPT), "-o", str(target)], check=True, cwd=tmp_path)
    bill = json.loads(target.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    purls = {component["purl"] for component in bill["components"]}
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    pinned = [found for line in lines if (found := re.match(r"([\w.-]+)==(\S+) ", line))]
    assert {f"pkg:pypi/{name}@{version}" for name, version in (f.groups() for f in pinned)} <= purls
    assert {p.partition("@")[0] for p in purls if "npm/maplibre" in p or "npm/uplot" in p} == {
        "pkg:npm/maplibre-gl",
        "pkg:npm/uplot",
    }
    assert len(purls) == len(pinned) + len(list((ROOT / "stadtkern/web/static/web/vendor").iterdir()))
    town = bill["metadata"]["component"]
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in bill["dependencies"]}
    django, sqlparse = (f"pypi:{f[1]}@{f[2]}" for f in pinned if f[1] in {"django", "sqlparse"})
    assert django in needs[town["bom-ref"]]
    assert sqlparse in needs[django]


def test_everything_vendored_says_version_and_licence(sbom: ModuleType) -> None:
    """A folder without a version, a registry name or a line in `REUSE.toml` would be missing in the bill."""
    found = list(sbom.vendored())
    assert found
    for folder, name, _version in found:
        assert name in sbom.NPM
        assert folder.relative_to(ROOT).as_posix() in sbom.annotations()
    named = {path for path in sbom.annotations() if "/vendor/" in path}
    assert named == {folder.relative_to(ROOT).as_posix() for folder, *_ in found}


def test_lock_file_is_read_with_all_parents(sbom: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    digest = f"--hash=sha256:{'a' * 64}"
    lock.write_text(
        f"one==1.0 \\\n    {digest}\n    # via stadtkern (pyproject.toml)\n"
        f"two==2.0b1 ; python_version < '3.12' \\\n    {digest} \\\n    {digest}\n"
        "    # via\n    #   one\n    #   stadtkern (pyproject.toml)\n",
        encoding="utf-8",
    )
    one, two = sbom.locked(lock)
    assert (one.name, one.version, one.needed_by) == ("one", "1.0", ["stadtkern"])
    assert (two.version, len(two.hashes), two.needed_by) == ("2.0b1", 2, ["one", "stadtkern"])


def test_publiccode_agrees_with_the_package() -> None:
    said = (ROOT / "publiccode.yml").read_text(encoding="utf-8")
    package = (ROOT / "stadtkern" / "__init__.py").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.findall(r'__version__ = "([^"]+)"', package)[0]
    licence = re.findall(r'^license = "([^"]+)"', project, re.MULTILINE)[0]
    assert f'softwareVersion: "{version}"' in said
    assert f"license: {licence}" in said
