"""Outbox, its relay to Redis, and the stream of events to browsers and services."""
