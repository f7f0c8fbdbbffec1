"""Agencies' office automation (article 6-4): signed messages out, token-protected replies in."""
