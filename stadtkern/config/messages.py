"""Translations: compile the catalogues without gettext's tools, and check that none is missing.

python -m stadtkern.config.messages           compile
python -m stadtkern.config.messages --check   fail on a missing or broken translation
"""

import re
import sys
from pathlib import Path

import polib

LOCALE = Path(__file__).parent.parent / "locale"
REQUIRED = ("de", "pl")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogues() -> list[Path]:
    """Return the catalogues of all languages."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def compile_catalogues() -> None:
    """Write the binary catalogue beside each one that is newer than it."""
    for path in catalogues():
        binary = path.with_suffix(".mo")
        if not binary.exists() or binary.stat().st_mtime < path.stat().st_mtime:
            polib.pofile(str(path)).save_as_mofile(str(binary))


def broken(entry: polib.POEntry) -> bool:
    """Return whether a translation lost or invented a placeholder."""
    texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural or ""))
    found = [set(PLACEHOLDER.findall(text)) for text in texts if text]
    return any(names - wanted for names in found) or (
        not entry.msgid_plural and any(wanted - n for n in found)
    )


def problems() -> list[str]:
    """Return one line for each missing, uncertain or broken translation."""
    lines = [f"{code}: no catalogue" for code in REQUIRED if not (LOCALE / code).exists()]
    for path in catalogues():
        code = path.parent.parent.name
        for entry in polib.pofile(str(path)):
            if entry.obsolete:
                continue
            if code in REQUIRED and not entry.translated():
                lines.append(f"{code}: not translated: {entry.msgid!r}")
            elif broken(entry):
                lines.append(f"{code}: placeholders differ: {entry.msgid!r}")
    return lines


def main() -> int:
    """Compile, or check with `--check`."""
    if "--check" not in sys.argv:
        compile_catalogues()
        return 0
    lines = problems()
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
