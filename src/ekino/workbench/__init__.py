"""The integrators' workbench: what programs asked, how it went, and where to try things."""
