"""What a call runs: one short entry per script, and the local emergency script."""
