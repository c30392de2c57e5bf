"""Old months of observations as Parquet files, which anybody can read; pages and exports read across both.

A month of a datastream is either in the table or in the archive, never in both and never in neither: the
record `ArchiveFile` and the rows change in one transaction, and a file is on disk before its record is.
What has to change a month in the archive, such as late values, brings it back into the table first.
"""
