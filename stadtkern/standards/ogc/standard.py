"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

standard = Standard(
    title="OGC API Features, Tiles, Records",
    specification="https://docs.ogc.org/is/17-069r4/17-069r4.html",
    prefix="ogc/",
)
