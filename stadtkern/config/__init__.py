"""Settings, root addresses, the command line; alone sees everything."""
