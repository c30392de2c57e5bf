"""How each kind of catalogue is read.

A reader is a function from a position to a page of records. It keeps nothing in memory between two pages, so
a run can go on from the last position that was stored, at any time and in any process.
"""

from stadtkern.harvest.readers.base import Ask, Asked, Page, Position, Raw, Reader, ReadError, Terms
from stadtkern.harvest.readers.registry import READERS, reader_of

__all__ = ["READERS", "Ask", "Asked", "Page", "Position", "Raw", "ReadError", "Reader", "Terms", "reader_of"]
