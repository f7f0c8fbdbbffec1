"""What a call left behind, accepted durably and once."""
