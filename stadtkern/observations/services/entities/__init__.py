"""Creating, changing and deleting the entities of SensorThings; the one way for all of them."""
