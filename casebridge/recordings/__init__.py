"""Recordings: encrypted at rest, streamed up and down."""
