"""What may be done with LoRaWAN devices; other apps call these functions only."""

from stadtkern.lorawan.services.alarms import look_for_silence
from stadtkern.lorawan.services.decoding import Heard, prepare
from stadtkern.lorawan.services.downlinks import note_handed, note_refused, order, waiting
from stadtkern.lorawan.services.enrolment import enrol, release, require
from stadtkern.lorawan.services.keeping import keep
from stadtkern.lorawan.services.redecoding import redecode, start_redecoding

__all__ = [
    "Heard",
    "enrol",
    "keep",
    "look_for_silence",
    "note_handed",
    "note_refused",
    "order",
    "prepare",
    "redecode",
    "release",
    "require",
    "start_redecoding",
    "waiting",
]
