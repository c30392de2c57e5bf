"""Several requests in one: `$batch` (OGC 18-088 section 11, OData 4.01 protocol section 11.7)."""
