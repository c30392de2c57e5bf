"""MQTT on the wire: packets, the clients of our broker, our own connection to an outside broker."""
