"""Answers to applicants, what they say to them, and services done."""
