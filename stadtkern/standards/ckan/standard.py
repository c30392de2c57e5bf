"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

standard = Standard(
    title="CKAN action API",
    specification="https://docs.ckan.org/en/2.11/api/",
    prefix="api/",
)
