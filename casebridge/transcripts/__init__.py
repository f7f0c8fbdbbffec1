"""Text of a recording, word by word, as it arrives."""
