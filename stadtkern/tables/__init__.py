"""Tables as people save them: looked at, read into Parquet, and asked. No Django."""
