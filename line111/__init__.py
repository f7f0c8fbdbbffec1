"""The product as a whole: settings, secrets, command line, start and stop, doctor, logging, metrics."""
