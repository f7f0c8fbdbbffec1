"""SAMAD cases: the bridge service between the line and the government's case system."""
