"""What callers hear: the texts of every language, their synthesis, and studio recordings in their place."""
