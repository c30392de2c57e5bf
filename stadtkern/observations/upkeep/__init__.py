"""What people do for the data: words on their quality, calibration and maintenance of the instruments."""
