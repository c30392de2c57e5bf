"""LoRaWAN from the message of the network server to the page."""
