"""Certification: what a vendor's own till sends is judged, level by level, and signed."""
