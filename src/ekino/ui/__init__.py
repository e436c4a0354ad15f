"""What pages are made of: layout, components, charts, translation, money in words."""
