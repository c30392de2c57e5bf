"""The demo town without a network: real formats, played on this machine.

A small server (`server.py`) answers in the formats of the real sources (`formats.py`), with the values of a
made-up but plausible day or of the flood of September 2010 (`scenario.py`, figures in `towns/<town>/demo/`).
Readings take the same way as live ones: fetched over HTTP by the connectors, published to the MQTT broker by
the played devices.
"""
