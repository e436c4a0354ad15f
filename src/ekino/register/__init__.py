"""The append-only register of ticket events: entered once, in order, never changed."""
