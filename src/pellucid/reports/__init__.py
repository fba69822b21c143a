"""Reports: a trained network on one page, for eyes and for paper."""

from .contents import Contents, LayerRow, Searched, Sizes
from .page import render

__all__ = ["Contents", "LayerRow", "Searched", "Sizes", "render"]
