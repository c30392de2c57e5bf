"""Descriptions of datasets as ISO 19139, one at a time: what the info button of Masterportal asks for (CSW 2.0.2)."""
