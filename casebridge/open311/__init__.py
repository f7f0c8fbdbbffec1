"""Open311 GeoReport v2: registering and following cases from portals and applications of others."""
