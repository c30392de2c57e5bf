"""The table of the archive; what is done with it stands in `services.archive`."""
