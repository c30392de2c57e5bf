"""The catalogue as linked data: DCAT-AP.de 3.0 with the rules for high-value datasets, paged by Hydra."""
