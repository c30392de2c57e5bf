"""LoRaWAN devices: their uplinks, codecs and what their fields mean."""
