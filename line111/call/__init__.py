"""A scripted citizen on a real SIP phone: for tests, for the demonstration, for a watch probe."""
