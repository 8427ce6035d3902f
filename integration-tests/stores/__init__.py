"""How each store starts on loopback, and how its contents are seen without the connector."""
