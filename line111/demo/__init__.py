"""The demonstration: the whole product started, and two scripted citizens who phone it."""
