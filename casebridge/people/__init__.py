"""Accounts, sessions and service tokens: who may do what."""
