"""Areas, addresses, layers; geometry storage."""
