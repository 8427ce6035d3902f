"""`make bench`: how fast VectorFuse is, how much CPU and memory it takes, and how far that is from what the machine can do."""
