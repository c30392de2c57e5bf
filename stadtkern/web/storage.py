"""Static files: named by their content and compressed once collected, plain before that."""

from typing import ClassVar
from urllib.parse import unquote

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN_MODULES = (
    "web/js/*.js",
    "dashboards/*.js",
    "observations/*.js",
    "ingest/*.js",
    "governance/*.js",
    "tiles/*.js",
)
"""Our ES modules, whose imports are rewritten to the names by content; vendored files stay as they are."""
IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]  # noqa: SLF001  # Django's own rule, for all files or none


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hands out names by content if `collectstatic` has run, otherwise the plain ones."""

    manifest_strict = False
    patterns: ClassVar[tuple[object, ...]] = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((glob, IMPORTS) for glob in OWN_MODULES),
    )

    def stored_name(self, name: str) -> str:
        """Return the name by content, or `name` itself while nothing has been collected."""
        stored: str = self.hashed_files.get(self.hash_key(self.clean_name(unquote(name))), name)
        return stored
