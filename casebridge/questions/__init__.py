"""Questions units ask applicants, and what they reply."""
