"""Brings readings of outside sources in: polls, MQTT, webhooks; keeps the state of each source."""
