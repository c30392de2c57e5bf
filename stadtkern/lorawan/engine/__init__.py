"""Runs payload codecs (JavaScript of strangers) in processes that can be ended at any time."""
