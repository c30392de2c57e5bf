"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

standard = Standard(
    title="Catalogue Service for the Web (GetRecordById)",
    specification="https://portal.ogc.org/files/?artifact_id=20555",
    prefix="csw/",
)
