"""Persian digits, letters, dates, identifiers and numbers as words. Imports no other room."""
