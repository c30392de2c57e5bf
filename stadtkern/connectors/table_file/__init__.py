"""CSV, XLSX, XLS and ODS files, mapped by an editor."""
