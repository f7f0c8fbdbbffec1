"""Anything an applicant raises: the case, its history, its lists."""
