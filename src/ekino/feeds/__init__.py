"""How each source's upload is doing: what it sent, hour by hour, and when each key was heard."""
