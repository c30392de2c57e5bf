"""Base templates (KERN), map, charts, ES modules, forms, languages."""
