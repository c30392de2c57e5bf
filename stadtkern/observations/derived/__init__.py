"""Virtual datastreams: computed from others by a formula, and kept right when those change."""
