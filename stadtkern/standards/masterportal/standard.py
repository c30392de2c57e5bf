"""The interface as the program finds it."""

from stadtkern.contracts.standard import Standard

standard = Standard(
    title="Masterportal",
    specification="https://bitbucket.org/geowerkstatt-hamburg/masterportal/src/dev/docs/",
    prefix="masterportal/",
)
