"""One search for everything: subjects register what of theirs can be found, one index answers."""
