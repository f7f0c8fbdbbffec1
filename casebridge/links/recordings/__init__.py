"""Recordings that follow their case to another centre: listed, asked for, sent."""
