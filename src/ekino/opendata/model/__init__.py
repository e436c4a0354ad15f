"""The rules of what may be shown: values in, values out."""
