"""Forms of the back office: files, how a file is read, what the data are."""
