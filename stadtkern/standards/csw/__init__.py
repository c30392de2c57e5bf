"""Datasets as ISO 19139, one at a time (CSW 2.0.2): what the info button of Masterportal asks for."""
