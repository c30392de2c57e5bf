"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

VERSION = "v1.1"

standard = Standard(
    title="SensorThings API",
    specification="https://docs.ogc.org/is/18-088/18-088.html",
    prefix=f"sta/{VERSION}/",
)
