"""The pages of files: a cinema hands its sheet in, sees every row, maps names once."""

from ekino.intake.pages.desk import Desk
from ekino.intake.pages.files import routes

__all__ = ["Desk", "routes"]
