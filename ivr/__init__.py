"""The conversation with the caller: AGI protocol, menu as data, steps, durable intake."""
