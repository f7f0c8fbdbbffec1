"""Full-text search over what applicants said and wrote, and what they were answered."""
