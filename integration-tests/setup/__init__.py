"""What the Makefile runs: builds, environments, servers and clusters for the tests, with nothing but Python's own library."""
