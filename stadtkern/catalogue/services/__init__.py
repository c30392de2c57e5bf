"""What may be done with datasets and their tables: `versions`, `approval`, `datasets`, `pulls`, `work`, `retention`."""
