"""The callback line: the database is the truth, Redis the index."""
