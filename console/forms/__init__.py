"""What visitors fill in: the proof that a form is ours, its choices, and how it is read."""
