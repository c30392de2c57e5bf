"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

standard = Standard(
    title="DCAT-AP.de",
    specification="https://www.dcat-ap.de/def/dcatde/3.0/spec/",
    prefix="",
)
