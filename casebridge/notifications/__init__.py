"""Telling applicants and units what happens to a case (articles 4-5, 4-9, 4-17)."""
