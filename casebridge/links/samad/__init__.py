"""Neighbours that keep cases too: one interface, `Samad`, and what implements it."""
