"""Folders with codecs: both layouts, examples, what is broken in them, and the import."""

import os
from pathlib import Path

import pytest
from rich.console import Console

from stadtkern.base.errors import BadInput
from stadtkern.lorawan import cli
from stadtkern.lorawan.engine.pool import Pool
from stadtkern.lorawan.folders import OWN, read_folder
from stadtkern.lorawan.folders.examples import differences, run_examples
from stadtkern.lorawan.models import Codec, DeviceProfile
from stadtkern.lorawan.own import TEXTS
from stadtkern.lorawan.services.profiles import by_label, import_folder

SCRIPT = "function decodeUplink(i) { return { data: { t: i.bytes[0] / 10 } }; }"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def ttn(tmp_path: Path) -> Path:
    codec = (
        "uplinkDecoder:\n  fileName: a.js\n  examples:\n"
        "    - description: warm\n      input: { fPort: 1, bytes: [215] }\n"
        "      output: { data: { t: 21.5 } }\n"
        "    - description: wrong\n      input: { fPort: 1, bytes: [1] }\n      output: { data: { t: 9 } }\n"
    )
    device = (
        "name: Sensor A\ndescription: Measures\nfirmwareVersions:\n  - version: '1'\n    profiles:\n"
        "      US902-928: { id: u, codec: other }\n"
        "      EU863-870: { id: e, codec: a-codec, vendorProfileID: 7 }\n"
    )
    return write(
        tmp_path / "ttn",
        {
            "vendor/index.yaml": "vendors: [{ id: alice, name: Alice, vendorID: 5 }, { id: away }]\n",
            "vendor/alice/index.yaml": "endDevices: [a, gone]\n",
            "vendor/alice/a.yaml": device,
            "vendor/alice/a-codec.yaml": codec,
            "vendor/alice/a.js": SCRIPT,
        },
    )


@pytest.fixture
def chirpstack(tmp_path: Path) -> Path:
    tests = (
        '[ { "name": "warm", // a remark\n  "input": { "fPort": 0x01, "bytes": [0xd7] },'
        '\n  "expected": { "data": { "t": 21.5 } } } ]'
    )
    return write(
        tmp_path / "cs",
        {
            "vendors/bob/vendor.toml": '[vendor]\nname = "Bob"\nvendor_id = 613\n',
            "vendors/bob/codecs/b.js": SCRIPT,
            "vendors/bob/codecs/test_decode_b.json": tests,
            "vendors/bob/devices/b.toml": (
                '[device]\nname = "B"\n[[device.firmware]]\nprofiles = ["p.toml"]\ncodec = "b.js"\n'
            ),
            "vendors/bob/devices/c.toml": '[device]\nname = "C"\n[[device.firmware]]\ncodec = "gone.js"\n',
            "vendors/bob/profiles/p.toml": "[profile]\nvendor_profile_id = 9\n",
        },
    )


def printed(folder: Path | None) -> tuple[int, str]:
    console = Console(record=True, width=200)
    return cli.run_folder(folder, console=console), console.export_text()


def test_the_layout_of_the_things_stack(ttn: Path) -> None:
    contents = read_folder(ttn)
    (profile,) = contents.profiles
    assert (profile.key, profile.vendor, profile.name, profile.codec) == (
        "alice/a",
        "Alice",
        "Sensor A",
        "alice/a-codec",
    )
    assert (profile.vendor_number, profile.profile_number) == (5, 7)
    assert contents.problems == ["alice/gone: gone.yaml is missing"]
    status, text = printed(ttn)
    assert status == 1
    assert "1 passed, 1 failed" in text
    assert "data.t is 0.1 instead of 9" in text


def test_the_layout_of_chirpstack(chirpstack: Path) -> None:
    contents = read_folder(chirpstack)
    first, second = contents.profiles
    assert (first.key, first.codec, first.vendor_number, first.profile_number) == ("bob/b", "bob/b", 613, 9)
    assert second.codec == ""
    assert contents.problems == ["bob/c: there is no codec gone.js"]
    assert "1 passed, 0 failed" in printed(chirpstack)[1]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("vendor/alice/a.yaml", "name: [", "a.yaml:"),
        ("vendor/alice/a.yaml", "- 1\n", "holds no object"),
        (
            "vendor/alice/a-codec.yaml",
            "uplinkDecoder: { fileName: ../../../../etc/passwd }\n",
            "outside the folder",
        ),
        ("vendor/alice/a-codec.yaml", "uplinkDecoder: { fileName: b.js }\n", "b.js is missing"),
        ("vendor/alice/a-codec.yaml", "downlinkEncoder: 5\n", "names no program"),
        ("vendor/alice/index.yaml", "\x00", "index.yaml"),
    ],
)
def test_what_is_broken_is_named_and_the_rest_read(ttn: Path, name: str, text: str, problem: str) -> None:
    write(ttn, {name: text})
    assert any(problem in one for one in read_folder(ttn).problems)


@pytest.mark.parametrize("files", [{}, {"readme.txt": "x"}])
def test_a_folder_of_another_kind_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="neither"):
        read_folder(write(tmp_path, files))
    with pytest.raises(BadInput, match="no folder"):
        read_folder(tmp_path / "gone")


def test_our_own_codecs_pass_all_their_examples() -> None:
    contents = read_folder(OWN)
    assert contents.problems == []
    assert len(contents.profiles) >= 12
    pool = Pool(1)
    found = list(run_examples(contents.codecs.values(), pool))
    pool.close()
    assert [one for one in found if one.difference] == []
    assert {one.codec for one in found} == set(contents.codecs)
    assert {one.example.kind for one in found} == {"uplink", "normalized", "encode", "decode"}
    assert printed(None)[0] == 0


def test_our_own_profiles_are_known_to_translators() -> None:
    texts = {text for one in read_folder(OWN).profiles for text in (one.name, one.description)}
    assert texts == TEXTS


def test_values_are_compared_by_meaning() -> None:
    assert not list(differences({"a": 1, "b": None}, {"a": 1.0000000001}, "data"))
    assert list(differences({"a": True}, {"a": 1}, "data"))
    assert list(differences({"a": [1]}, {"a": [1, 2]}, "data")) == ["data.a has 2 entries instead of 1"]
    assert list(differences({"a": 1}, {"a": 1, "b": 2}, "data")) == ["data.b is 2 instead of None"]


@pytest.mark.django_db
def test_an_import_can_be_repeated(ttn: Path) -> None:
    done = import_folder(ttn)
    assert (done.codecs_made, done.profiles_made, done.problems) == (
        1,
        1,
        ["alice/gone: gone.yaml is missing"],
    )
    again = import_folder(ttn)
    assert (again.codecs_made, again.codecs_changed, again.profiles_made, again.profiles_changed) == (
        0,
        0,
        0,
        0,
    )
    write(ttn, {"vendor/alice/a.js": SCRIPT.replace("/ 10", "/ 100")})
    third = import_folder(ttn)
    assert (third.codecs_changed, third.changed_codecs) == (1, ["alice/a-codec"])
    assert "/ 100" in Codec.objects.get().script
    profile = by_label(5, 7)
    assert profile == DeviceProfile.objects.get()
    assert by_label(5, 8) is None
    assert by_label(0, 0) is None


@pytest.mark.django_db
def test_a_codec_that_cannot_be_loaded_is_left_out(ttn: Path) -> None:
    write(ttn, {"vendor/alice/a.js": "function ("})
    done = import_folder(ttn)
    assert any("SyntaxError" in problem for problem in done.problems)
    assert DeviceProfile.objects.get().codec is None


@pytest.mark.django_db
def test_our_own_profiles_come_in_by_command() -> None:
    console = Console(record=True, width=200)
    assert cli.import_folder(None, console=console) == 0
    assert DeviceProfile.objects.count() >= 12
    cli.list_profiles(console=console)
    assert "stadtkern/soil-moisture" in console.export_text()


REPOSITORY = Path(os.environ.get("STADTKERN_DEVICE_REPOSITORY", "/nowhere"))


@pytest.mark.skipif(not REPOSITORY.is_dir(), reason="STADTKERN_DEVICE_REPOSITORY names no folder")
def test_most_codecs_of_a_device_repository_run_unmodified() -> None:
    pool = Pool(2)
    found = list(run_examples(read_folder(REPOSITORY).codecs.values(), pool))
    pool.close()
    assert sum(not one.difference for one in found) >= 0.97 * len(found)
