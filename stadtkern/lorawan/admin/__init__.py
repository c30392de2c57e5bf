"""The pages of the back office where editors look after LoRaWAN devices."""
