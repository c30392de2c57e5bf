"""Any JSON answer of a web service, mapped by an editor."""
