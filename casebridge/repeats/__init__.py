"""Repeats: the same matter raised again by the same applicant, linked instead of doubled."""
