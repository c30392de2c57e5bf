"""Things and what they measure, in the terms of OGC SensorThings 1.1."""
