"""Folders with device profiles and codecs, in the layouts of the two large repositories."""

from pathlib import Path

from stadtkern.base.errors import BadInput
from stadtkern.lorawan.folders import chirpstack, ttn
from stadtkern.lorawan.folders.contents import Contents, FoundCodec, FoundExample, FoundProfile

__all__ = ["OWN", "Contents", "FoundCodec", "FoundExample", "FoundProfile", "read_folder"]

OWN = Path(__file__).parent.parent / "profiles"
"""Our own codecs and profiles."""


def read_folder(folder: Path) -> Contents:
    """Return everything in a folder; what cannot be used is named in `Contents.problems`.

    Raises
    ------
    BadInput
        if the folder has neither layout.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder")
    for layout in (ttn, chirpstack):
        if (root := layout.root_of(folder)) is not None:
            contents: Contents = layout.read(root)
            return contents
    raise BadInput(
        f"{folder} holds neither vendor/index.yaml (The Things Stack device repository) "
        "nor vendors/*/vendor.toml (ChirpStack device profiles)"
    )
