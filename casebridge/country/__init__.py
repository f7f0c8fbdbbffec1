"""The country as data: places, agencies, units, subjects, duties and the officials of units."""
