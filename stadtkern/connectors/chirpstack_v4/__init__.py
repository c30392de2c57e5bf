"""LoRaWAN devices on ChirpStack v4."""
