"""MQTT topics of any device, mapped by an editor."""
