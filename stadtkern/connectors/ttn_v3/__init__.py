"""LoRaWAN devices on The Things Stack, also The Things Network."""
