"""Weather of the DWD at a place, by Bright Sky."""
