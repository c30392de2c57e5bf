"""GDAL and GEOS out of the wheels of pyogrio and shapely, so that no system library is needed."""

from importlib.util import find_spec
from pathlib import Path


def library(package: str, pattern: str) -> str:
    """Return the path of a shared library that a wheel brought along.

    Raises
    ------
    FileNotFoundError
        if the wheel of `package` is not installed or carries no such library.
    """
    spec = find_spec(package)
    site = Path(spec.origin).parent.parent if spec and spec.origin else Path()
    for found in sorted(site.glob(f"{package}.libs/{pattern}")) + sorted(
        site.glob(f"{package}/.dylibs/{pattern}")
    ):
        return str(found)
    raise FileNotFoundError(f"no {pattern} in the wheel of {package} below {site}")
