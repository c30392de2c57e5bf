"""The catalogue as CKAN's action API, for reading: what works with CKAN works with the town."""
