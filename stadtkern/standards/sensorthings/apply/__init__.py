"""`$apply`: statistics of observations, by spans of time and by what the datastreams are."""
