"""A database with all tables, made once: migrating takes a while, and many tests need a town of their own."""

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def migrated_file() -> Path:
    """Return where the empty, migrated database lies or is to lie; another one for other migrations."""
    return Path(tempfile.gettempdir()) / f"stadtkern-migrated-{_hash()}.sqlite3"


def _hash() -> str:
    """Return a short hash of everything that decides what an empty, migrated database holds."""
    files = [*ROOT.glob("stadtkern/**/migrations/*.py"), *ROOT.glob("stadtkern/places/sqlite/*.py")]
    files += [*ROOT.glob("requirements/*.txt"), ROOT / "stadtkern/people/roles.py"]
    files += [*ROOT.glob("stadtkern/**/models.py"), *ROOT.glob("stadtkern/**/models/*.py")]
    files += ROOT.glob("stadtkern/**/rules.py")
    digest = hashlib.sha256(os.environ.get("STADTKERN_DATABASE_URL", "").encode())
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
