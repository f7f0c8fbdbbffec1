"""Cartables: who may see and act on which cases, worklists, delegation."""
