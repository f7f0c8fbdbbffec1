"""SAMAD cases: the FastAPI service, its database, callbacks, recordings and events."""
