"""Backup and restore: one `.tar.gz` with the database, media, archive and a manifest with checksums.

SQLite is copied by its online backup, PostgreSQL by `pg_dump`; services may keep running during a backup.
A restore writes into the database the same way: services that run see either the old town or the new one.
"""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import connection, connections

from stadtkern import __version__
from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.catalogue.models.versions import FOLDER as DATASETS
from stadtkern.catalogue.models.versions import is_of_version
from stadtkern.observations.archive.models import FOLDER as ARCHIVE

MANIFEST = "manifest.json"
FOLDERS = ("media", ARCHIVE, DATASETS)


def dump_database(folder: Path) -> str:
    """Write the database into `folder` and return the name of the file."""
    if connection.vendor == "sqlite":
        path = folder / "database.sqlite3"
        with (
            closing(sqlite3.connect(str(settings.DATABASES["default"]["NAME"]))) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            source.backup(copy)
        return path.name
    path = folder / "database.dump"
    postgres("pg_dump", "--format=custom", "--no-owner", f"--file={path}")
    return path.name


def postgres(program: str, *words: str) -> None:
    """Run a client program of PostgreSQL on our database."""
    if not shutil.which(program):
        raise Unavailable(f"{program} is not installed; on Debian: apt-get install postgresql-client")
    info = connection.get_connection_params()
    environment = {"PGPASSWORD": info.get("password") or "", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    names = {"host": "--host", "port": "--port", "user": "--username", "dbname": "--dbname"}
    where = [f"{option}={info[key]}" for key, option in names.items() if info.get(key)]
    done = subprocess.run(
        [program, *where, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr else 'failed'}")


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_files() -> list[str]:
    """Return the files of a backup by their paths, without what is just being written."""
    found = [
        path.relative_to(settings.DATA_DIR).as_posix()
        for kind in FOLDERS
        for path in (settings.DATA_DIR / kind).rglob("*")
        if path.is_file()
    ]
    return [path for path in found if not path.startswith(f"{DATASETS}/") or is_of_version(path)]


def backup(target: Path) -> int:
    """Write a backup to `target` and return its size in bytes; a failed backup leaves nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        folder = Path(name)
        partial = folder / "backup.tar.gz"  # nobody else may look into this folder; the key is in it
        files = {dump_database(folder): folder}
        files.update(dict.fromkeys(kept_files(), settings.DATA_DIR))
        sums = {path: checksum(base / path) for path, base in files.items()}
        manifest = {
            "stadtkern": __version__, "created": now().isoformat(), "vendor": connection.vendor,
            "secret_key": settings.SECRET_KEY, "files": sums,
        }  # fmt: skip
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
        with tarfile.open(partial, "w:gz", compresslevel=6) as archive:
            archive.add(folder / MANIFEST, MANIFEST)
            for path, base in files.items():
                archive.add(base / path, path)
        partial.chmod(0o600)
        partial.replace(target)
        (settings.DATA_DIR / "last_backup").write_text(now().isoformat())
    return target.stat().st_size


def unpack(source: Path, folder: Path) -> dict[str, object]:
    """Unpack a backup into `folder`, check every file, return the manifest."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, object] = json.loads((folder / MANIFEST).read_text())
        files = manifest["files"]
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise BadInput(f"{source} is not a complete backup of Stadtkern: {error}") from error
    if not isinstance(files, dict):
        raise BadInput(f"{source} has a damaged manifest")
    for path, expected in files.items():
        if (
            PurePosixPath(path).is_absolute()
            or not (folder / path).is_file()
            or checksum(folder / path) != expected
        ):
            raise BadInput(f"{source} is damaged: {path}")
    return manifest


def replace_sqlite(copy: Path, database: Path) -> None:
    """Put the content of `copy` into the database; a file that is no database any more is replaced."""
    try:
        with (
            closing(sqlite3.connect(copy)) as source,
            closing(sqlite3.connect(database, timeout=30)) as target,
        ):
            source.backup(target)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{database} cannot be written now: {error}") from error
    except sqlite3.DatabaseError:
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        copy.replace(database)


def restore(source: Path, *, replace: bool = False) -> None:
    """Replace database and files by those of a backup, only after the whole backup was found sound."""
    database = Path(str(settings.DATABASES["default"]["NAME"]))
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite and database.exists() and not replace:
        raise BadInput(f"{database} exists; say --yes to replace it")
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as name:
        folder = Path(name)
        manifest = unpack(source, folder)
        if manifest.get("vendor") != connection.vendor:
            raise BadInput(
                f"the backup is of {manifest.get('vendor')}, this installation uses {connection.vendor}"
            )
        connections.close_all()
        if is_sqlite:
            replace_sqlite(folder / "database.sqlite3", database)
        else:
            postgres("pg_restore", "--clean", "--if-exists", "--no-owner", str(folder / "database.dump"))
        for kind in FOLDERS:
            shutil.rmtree(settings.DATA_DIR / kind, ignore_errors=True)
            if (folder / kind).exists():
                (folder / kind).replace(settings.DATA_DIR / kind)
        if not (settings.DATA_DIR / "secret_key").exists() or replace:
            key = settings.DATA_DIR / "secret_key"
            key.touch(mode=0o600)
            key.write_text(str(manifest["secret_key"]))
            key.chmod(0o600)
