"""Proposals of subject, agency and kind from what an applicant said; a person always confirms."""
