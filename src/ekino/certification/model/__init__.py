"""Levels, tests, rules and certificates: values in, values out."""
