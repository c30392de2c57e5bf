"""A heap of scanned labels as a list of devices."""

import csv
import io

from django.utils.translation import gettext as _

from stadtkern.base.errors import BadInput
from stadtkern.lorawan.labels import read_label
from stadtkern.lorawan.services.profiles import by_label

MOST_LABELS = 500


def csv_of_labels(text: str) -> bytes:
    """Return scanned labels, one a line, as the CSV that `import_csv` reads.

    Raises
    ------
    BadInput
        if a line is no label; the text names it.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_LABELS:
        raise BadInput(_("More than %(most)d labels at once.") % {"most": MOST_LABELS})
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["dev_eui", "join_eui", "serial", "profile"])
    for number, line in lines:
        try:
            label = read_label(line)
        except BadInput as error:
            raise BadInput(_("Line %(number)d: %(reason)s") % {"number": number, "reason": error}) from error
        profile = by_label(label.vendor, label.profile)
        writer.writerow([label.dev_eui, label.join_eui, label.serial, profile.key if profile else ""])
    return written.getvalue().encode()
