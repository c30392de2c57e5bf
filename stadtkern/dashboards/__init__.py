"""Cockpit pages made of tiles, kiosk, embeds."""
